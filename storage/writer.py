"""What arrived goes in: positions, raw frames, quarantine and one journal row, one transaction.

The usual way is one binary COPY of rows already free of duplicates. After a unique violation the
writer takes the slower way of `storage.variants` for SLOW_SECONDS. A row that the database refuses
for its own sake is found by bisection and quarantined, so that it cannot hold its batch for ever.
Everything else that goes wrong is StorageAway: nothing was acknowledged, the caller keeps the
batch and comes again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import psycopg
from numpy.typing import NDArray

from model.frames import Quarantined, RawFrame
from model.position import PositionBatch, Rows
from storage.copy_format import FRAME_COLUMNS, JOURNAL_COLUMNS, frames_payload, journal_payload
from storage.database import Connection, Database
from storage.instants import DAY_US, from_datetime
from storage.partitions import Partitions, day_of
from storage.poison import sift, without_rows
from storage.problems import DatabaseProblem, StorageAway
from storage.quarantine import insert_quarantined
from storage.variants import Sorted, copy_positions, find_stored, sort_out

__all__ = ["StorageAway", "Writer", "Written", "earliest_by_device"]

SLOW_SECONDS = 5.0
WRITE_LIMIT_MS = 30_000
MAX_ATTEMPTS = 6  # of one batch, each for another reason
BACKOFF_S = (0.1, 5.0)  # first wait for the database, longest wait

_COPY_FRAMES = f"COPY raw_frames ({', '.join(FRAME_COLUMNS)}) FROM STDIN (FORMAT BINARY)"
_COPY_JOURNAL = f"COPY ingest_journal ({', '.join(JOURNAL_COLUMNS)}) FROM STDIN (FORMAT BINARY)"


@dataclass(frozen=True, slots=True)
class Written:
    """`batch`: the rows stored, with their final variants; the others were stored already
    (`duplicates`) or went to quarantine (`refused`). `spooled`: the batch waits in the spool."""

    batch: PositionBatch
    duplicates: int = 0
    refused: int = 0
    spooled: bool = False


@dataclass(frozen=True, slots=True)
class _Work:
    batch: PositionBatch
    frames: Sequence[RawFrame]
    quarantined: Sequence[Quarantined]
    tick_us: int
    journal_id: int
    refused: int = 0


@dataclass(slots=True)
class Writer:
    """Writes batches, one at a time, on a connection of its own."""

    database: Database
    monotonic_s: Callable[[], float] = time.monotonic
    _conn: Connection | None = None
    _partitions: Partitions = field(default_factory=Partitions)
    _slow_until_s: float = 0.0
    _backoff_s: float = 0.0
    _retry_at_s: float = 0.0

    async def write(
        self,
        batch: PositionBatch,
        frames: Sequence[RawFrame],
        quarantined: Sequence[Quarantined],
        tick_us: int,
        journal_id: int,
    ) -> Written:
        """Store all of it or nothing. Raises StorageAway; the same call may then be repeated.

        `tick_us`: everything received before it is committed with this batch. A repeated call
        whose first commit did succeed unseen is recognised by its journal row.
        """
        work = _Work(batch, frames, quarantined, tick_us, journal_id)
        conn = await self._connection()
        try:
            written = await self._attempts(conn, work)
        except (psycopg.Error, OSError) as error:
            await self._abandon()
            raise self._away(error) from error
        except BaseException:
            await self._abandon()  # cancelled in the middle: whatever it holds is rolled back
            raise
        self._backoff_s = 0.0
        return written

    async def close(self) -> None:
        """Close the connection; a later write opens another."""
        await self._abandon()

    async def _connection(self) -> Connection:
        if self._conn is not None and not self._conn.broken and not self._conn.closed:
            return self._conn
        await asyncio.sleep(max(0.0, self._retry_at_s - self.monotonic_s()))
        try:
            self._conn = await self.database.connect(WRITE_LIMIT_MS)
        except (DatabaseProblem, psycopg.Error, OSError) as error:
            raise self._away(error) from error
        return self._conn

    async def _abandon(self) -> None:
        conn, self._conn = self._conn, None
        if conn is not None:
            await conn.close()

    def _away(self, error: Exception) -> StorageAway:
        first, longest = BACKOFF_S
        self._backoff_s = min(longest, max(first, self._backoff_s * 2))
        self._retry_at_s = self.monotonic_s() + self._backoff_s
        detail = " ".join(str(getattr(error, "detail", error)).split())
        return StorageAway(detail or type(error).__name__, self._backoff_s)

    async def _attempts(self, conn: Connection, work: _Work) -> Written:
        for _ in range(MAX_ATTEMPTS):
            try:
                await self._make_partitions(conn, work)
                async with conn.transaction():
                    return await self._store(conn, work)
            except psycopg.errors.UniqueViolation as error:
                if error.diag.table_name == "ingest_journal":
                    return await _already_written(conn, work)
                self._slow_until_s = self.monotonic_s() + SLOW_SECONDS
            except (psycopg.DataError, psycopg.IntegrityError):
                self._partitions.forget()  # a day may have been dropped under us
                await self._make_partitions(conn, work)
                work = await _without_poison(conn, work)
        raise psycopg.OperationalError(f"batch not stored after {MAX_ATTEMPTS} attempts")

    async def _make_partitions(self, conn: Connection, work: _Work) -> None:
        if self.database.mode == "plain":
            days = {day_of(time_us) for time_us in _day_starts(work.batch.rows["time_us"])}
            days |= {day_of(day * DAY_US) for day in {f.time_us // DAY_US for f in work.frames}}
            await self._partitions.ensure(conn, days)

    async def _store(self, conn: Connection, work: _Work) -> Written:
        if self.monotonic_s() < self._slow_until_s:
            found = await sort_out(conn, work.batch)
        else:
            found = Sorted(work.batch, [])
        fresh, over = found.fresh, found.over
        quarantined = [*work.quarantined]
        if over:
            quarantined += without_rows(work.batch, work.frames, over, "too_many_variants")[1]
        await copy_positions(conn, fresh)
        await _copy_frames(conn, work.frames)
        await insert_quarantined(conn, quarantined)
        touched = earliest_by_device(fresh.rows)
        entry = journal_payload(work.journal_id, work.tick_us, len(fresh), *touched)
        await _copy(conn, _COPY_JOURNAL, entry)
        duplicates = len(work.batch) - len(fresh) - len(over)
        return Written(fresh, duplicates, work.refused + len(over))


def earliest_by_device(rows: Rows) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Device ids of a batch, ascending, and each one's earliest fix time."""
    order = np.lexsort((rows["time_us"], rows["device_id"]))
    devices, starts = np.unique(rows["device_id"][order], return_index=True)
    return devices, rows["time_us"][order][starts]


def _day_starts(times_us: NDArray[np.int64]) -> list[int]:
    """One time of each day, as few Python integers as there are days."""
    return [int(day) for day in np.unique(times_us // DAY_US) * DAY_US]


async def _copy_frames(conn: Connection, frames: Sequence[RawFrame]) -> None:
    if frames:
        await _copy(conn, _COPY_FRAMES, frames_payload(frames))


async def _copy(conn: Connection, statement: str, payload: bytes) -> None:
    async with conn.cursor() as cursor, cursor.copy(statement.encode()) as copy:
        await copy.write(payload)


async def _already_written(conn: Connection, work: _Work) -> Written:
    """The commit had succeeded and only its answer was lost, if the journal row is ours."""
    cursor = await conn.execute("SELECT tick FROM ingest_journal WHERE id = %s", (work.journal_id,))
    row = await cursor.fetchone()
    if row is None or from_datetime(row[0]) != work.tick_us:
        raise DatabaseProblem("journal_taken", f"ingest_journal.id {work.journal_id}")
    stored = await find_stored(conn, work.batch)
    return Written(stored, refused=len(work.batch) - len(stored))


async def _without_poison(conn: Connection, work: _Work) -> _Work:
    """The work less the rows and frames that the database refuses, which go to quarantine."""

    async def try_rows(indexes: Sequence[int]) -> None:
        await copy_positions(conn, work.batch.take(np.array(indexes, np.intp)))

    async def try_frames(indexes: Sequence[int]) -> None:
        await _copy_frames(conn, [work.frames[i] for i in indexes])

    bad_rows = await sift(conn, len(work.batch), try_rows)
    bad_frames = await sift(conn, len(work.frames), try_frames)
    batch, refused = without_rows(work.batch, work.frames, bad_rows, "database_refused")
    return replace(
        work,
        batch=batch,
        frames=[frame for i, frame in enumerate(work.frames) if i not in bad_frames],
        quarantined=[*work.quarantined, *refused],
        refused=work.refused + len(bad_rows),
    )
