"""Where batches wait while the database does not take them: a SQLite file, safe after each append.

SQLite with synchronous=FULL: what `append` has returned from survives a power failure. Everything
runs on one thread of its own, never on the event loop. The file keeps `reserve_bytes` of free pages
in it, and a rollback journal that is overwritten in place, so that a disk filled by the database
leaves room to go on for a while.
"""

from __future__ import annotations

import asyncio
import sqlite3
import zlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec
import numpy as np

from model.frames import Quarantined, RawFrame
from model.position import POSITION_DTYPE, PositionBatch

_FORMAT = 1  # PRAGMA user_version: another one was written by another version of the program
_LAYOUT = str(POSITION_DTYPE.descr)
_COMPRESSION = 1
_PIECE_BYTES = 1 << 20
_ROW_OF_A_PAGE_BYTES, _JOURNAL_PAGES = 3_000, 256  # a journal of a megabyte
_Result = TypeVar("_Result")
_TABLE = """
CREATE TABLE IF NOT EXISTS batches (
    journal_id INTEGER PRIMARY KEY, tick_us INTEGER NOT NULL, rows INTEGER NOT NULL,
    body BLOB NOT NULL)
"""


class SpoolFull(Exception):
    """The cap is reached, or the disk is full: nothing was written."""


class SpoolProblem(Exception):
    """The file cannot be used; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Spooled:
    """What one call of `Writer.write` is given."""

    journal_id: int
    tick_us: int
    batch: PositionBatch
    frames: Sequence[RawFrame]
    quarantined: Sequence[Quarantined]

    @staticmethod
    def join(entries: Sequence[Spooled]) -> Spooled:
        """Several in a row as one, under the last one's id and tick."""
        return Spooled(
            entries[-1].journal_id,
            entries[-1].tick_us,
            PositionBatch.join([entry.batch for entry in entries]),
            [frame for entry in entries for frame in entry.frames],
            [bad for entry in entries for bad in entry.quarantined],
        )


class _Body(msgspec.Struct, frozen=True, array_like=True):
    layout: str
    rows: bytes
    attributes: list[str | None]
    frames: list[RawFrame]
    quarantined: list[Quarantined]


_decoder = msgspec.msgpack.Decoder(_Body)


class Spool:
    """First in, first out. `batches`, `rows`, `bytes_held`, `since_us`, `full` tell its state."""

    def __init__(self, path: Path, max_bytes: int, reserve_bytes: int) -> None:
        self._path = path
        self._max_bytes = max_bytes
        self._reserve_bytes = reserve_bytes
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="spool")
        self._conn: sqlite3.Connection | None = None
        self.batches = self.rows = self.bytes_held = self.last_journal_id = 0
        self.since_us: int | None = None  # the oldest batch's tick
        self.full = False

    async def open(self, stored_journal_id: int) -> None:
        """Open or make the file; batches up to this id are in the database and are forgotten.

        Raises SpoolProblem.
        """
        await self._do(lambda: self._open(stored_journal_id))

    async def append(self, entry: Spooled) -> None:
        """Keep a batch; it is on the disk when this returns. Raises SpoolFull."""
        await self._do(lambda: self._append(entry))

    async def oldest(self, most_batches: int, most_rows: int) -> list[Spooled]:
        """The first batches, at least one if there is any."""
        return await self._do(lambda: self._oldest(most_batches, most_rows))

    async def remove(self, journal_id: int) -> None:
        """Forget batches up to this id: the database has them."""
        await self._do(lambda: self._remove(journal_id))

    async def close(self) -> None:
        """Close the file; what it holds stays."""
        await self._do(self._close)
        self._thread.shutdown()

    async def _do(self, work: Callable[[], _Result]) -> _Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    # On the thread

    def _open(self, stored_journal_id: int) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            conn = sqlite3.connect(self._path, isolation_level=None, timeout=1)
            conn.execute("PRAGMA locking_mode = EXCLUSIVE")
            conn.execute("PRAGMA journal_mode = PERSIST")
            conn.execute("PRAGMA synchronous = FULL")
            conn.execute("BEGIN IMMEDIATE")
            (found,) = conn.execute("PRAGMA user_version").fetchone()
            if found not in (0, _FORMAT):
                raise SpoolProblem(
                    f"{self._path} was written by another version of xunji: let that version"
                    " empty it (start it until its status says that the spool is empty)"
                )
            conn.execute(f"PRAGMA user_version = {_FORMAT}")
            conn.execute(_TABLE)
            conn.execute("DELETE FROM batches WHERE journal_id <= ?", (stored_journal_id,))
            conn.execute("COMMIT")
        except (OSError, sqlite3.Error) as error:
            raise SpoolProblem(
                f"the spool {self._path} cannot be used: {error}. Another xunji may be running on"
                " it, or its disk may be full or read-only; choose another file with"
                " XUNJI_SPOOL__PATH"
            ) from error
        self._conn = conn
        self._look()
        self._reserve()

    def _look(self) -> None:
        assert self._conn is not None
        found = self._conn.execute(
            "SELECT count(*), coalesce(sum(rows), 0), coalesce(sum(length(body)), 0),"
            " coalesce(max(journal_id), 0), min(tick_us) FROM batches"
        ).fetchone()
        self.batches, self.rows, self.bytes_held, last, self.since_us = found
        self.last_journal_id = max(self.last_journal_id, last)

    def _reserve(self) -> None:
        """Grow the file by free pages; as many as the disk has room for."""
        assert self._conn is not None
        page, free = (
            self._conn.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_size", "freelist_count")
        )
        pieces = (self._reserve_bytes - page * free) // _PIECE_BYTES
        if pieces <= 0:
            return
        try:
            self._conn.execute("BEGIN IMMEDIATE")
            self._conn.execute("DROP TABLE IF EXISTS reserve")
            self._conn.execute("CREATE TABLE reserve (piece BLOB)")
            for _ in range(pieces):
                self._conn.execute("INSERT INTO reserve VALUES (zeroblob(?))", (_PIECE_BYTES,))
            # What is overwritten is what the rollback journal grows by; it never shrinks.
            rows = [(_ROW_OF_A_PAGE_BYTES,)] * _JOURNAL_PAGES
            self._conn.executemany("INSERT INTO reserve VALUES (zeroblob(?))", rows)
            self._conn.execute("COMMIT")
            self._conn.execute("BEGIN IMMEDIATE")
            self._conn.execute(
                "UPDATE reserve SET piece = zeroblob(?) WHERE length(piece) = ?",
                (_ROW_OF_A_PAGE_BYTES, _ROW_OF_A_PAGE_BYTES),
            )
            self._conn.execute("DROP TABLE reserve")
            self._conn.execute("COMMIT")
        except sqlite3.Error:
            self._roll_back()

    def _append(self, entry: Spooled) -> None:
        assert self._conn is not None
        body = _encode(entry)
        if self.bytes_held + len(body) > self._max_bytes:
            self.full = True
            raise SpoolFull(f"{self._path} holds {self.bytes_held} bytes")
        try:
            self._conn.execute(
                "INSERT INTO batches VALUES (?, ?, ?, ?)",
                (entry.journal_id, entry.tick_us, len(entry.batch), body),
            )
        except sqlite3.OperationalError as error:  # the disk is full, or gone
            self._roll_back()
            self.full = True
            raise SpoolFull(f"{self._path}: {error}") from error
        self.full = False
        self.batches += 1
        self.rows += len(entry.batch)
        self.bytes_held += len(body)
        self.last_journal_id = max(self.last_journal_id, entry.journal_id)
        self.since_us = entry.tick_us if self.since_us is None else self.since_us

    def _oldest(self, most_batches: int, most_rows: int) -> list[Spooled]:
        assert self._conn is not None
        found: list[Spooled] = []
        query = "SELECT journal_id, tick_us, rows, body FROM batches ORDER BY journal_id LIMIT ?"
        for journal_id, tick_us, rows, body in self._conn.execute(query, (most_batches,)):
            most_rows -= rows
            if found and most_rows < 0:
                break
            found.append(_decode(journal_id, tick_us, body))
        return found

    def _remove(self, journal_id: int) -> None:
        assert self._conn is not None
        self._conn.execute("DELETE FROM batches WHERE journal_id <= ?", (journal_id,))
        self.full = False
        self._look()

    def _roll_back(self) -> None:
        assert self._conn is not None
        if self._conn.in_transaction:
            self._conn.execute("ROLLBACK")

    def _close(self) -> None:
        if self._conn is not None:
            self._conn.close()
            self._conn = None


def _encode(entry: Spooled) -> bytes:
    body = _Body(
        _LAYOUT,
        entry.batch.rows.tobytes(),
        entry.batch.attributes if any(entry.batch.attributes) else [],
        list(entry.frames),
        list(entry.quarantined),
    )
    return zlib.compress(msgspec.msgpack.encode(body), _COMPRESSION)


def _decode(journal_id: int, tick_us: int, data: bytes) -> Spooled:
    body = _decoder.decode(zlib.decompress(data))
    if body.layout != _LAYOUT:
        raise SpoolProblem(
            "the spool holds batches of another version of xunji: let that version empty it"
        )
    batch = PositionBatch(np.frombuffer(body.rows, POSITION_DTYPE).copy(), body.attributes)
    return Spooled(journal_id, tick_us, batch, body.frames, body.quarantined)
