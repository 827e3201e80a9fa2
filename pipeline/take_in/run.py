"""A file taken in: batch after batch, each with its place in the file in one transaction."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import psycopg

from geofence.datum import Datum
from model.position import PositionBatch
from pipeline.acceptance import ACCEPTED, REASONS, Window, distrust_null_island, refusals
from pipeline.take_in.reading import READERS
from pipeline.take_in.rows import Table, Taken, Units, take
from storage import daily_summaries, rejudge
from storage.database import Connection, Database
from storage.imports import Progress, advance, begun, ended
from storage.instants import DAY_US
from storage.partitions import Partitions, day_of
from storage.registers import devices
from storage.rulebook_changes import bump_revision
from storage.variants import copy_positions, sort_out
from storage.writer import earliest_by_device

MAX_TOLD = 20  # wrong rows that are named; all are counted
MAX_ATTEMPTS = 5  # of one batch against terminals that send the same fixes at that moment
Tell = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class ImportOrder:
    """`device_id` None: the file says whose fixes they are. `zone`: of times without one. `judge`:
    the units' last 7 days are judged anew with what has come in."""

    path: Path
    format: str
    device_id: int | None = None
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    datum: Datum = "wgs84"
    judge: bool = False


@dataclass(slots=True)
class Outcome:
    """`told`: (row of the file from 1, why) of the first wrong ones."""

    progress: Progress
    resumed_at: int
    told: list[tuple[int, str]] = field(default_factory=list)


async def take_in(database: Database, order: ImportOrder, window: Window, tell: Tell) -> Outcome:
    """Store what is not stored yet; the same file again goes on where it stopped, and then stores
    nothing. Raises UnreadableError and MissingColumnError."""
    conn = await database.connect()
    try:
        everyone = await conn.execute("SELECT id FROM organisations")
        known = await devices(conn, [row[0] for row in await everyone.fetchall()])
        work = _Work(conn, database, order, Units.of(known, order.device_id), window)
        return await work.run(tell)
    finally:
        await conn.close()


class _Work:
    """One import on its connection."""

    def __init__(
        self, conn: Connection, database: Database, order: ImportOrder, units: Units, window: Window
    ) -> None:
        self._conn = conn
        self._days = Partitions() if database.mode == "plain" else None
        self._order = order
        self._units = units
        self._window = window
        self._earliest: dict[int, int] = {}

    async def run(self, tell: Tell) -> Outcome:
        order, conn = self._order, self._conn
        fingerprint = await asyncio.to_thread(_fingerprint, order)
        progress = await begun(conn, fingerprint, order.path.name)
        outcome, seen = Outcome(progress, progress.rows_done), 0
        for table in READERS[order.format](order.path):
            count = len(next(iter(table.values()), []))
            seen += count
            if seen <= outcome.resumed_at:
                continue  # a file is cut the same way every time
            taken = self._taken(table)
            outcome.told += [(seen - count + i + 1, why) for i, why in taken.wrong]
            del outcome.told[MAX_TOLD:]
            outcome.progress = await self._store(fingerprint, outcome.progress, taken, count)
            tell(outcome.progress)
        async with conn.transaction():
            if order.judge and self._earliest:
                await rejudge.ask(conn, self._earliest, min(self._earliest.values()))
                await bump_revision(conn)
            await ended(conn, fingerprint)
        return outcome

    def _taken(self, table: Table) -> Taken:
        """The rows of a table that may be stored."""
        taken = take(table, self._units, self._order.zone, self._order.datum)
        refused = refusals(taken.batch, self._window)
        good = np.flatnonzero(refused == ACCEPTED)
        wrong_rows = {i for i, _ in taken.wrong}
        places = [i for i in range(len(refused) + len(wrong_rows)) if i not in wrong_rows]
        outside = np.flatnonzero(refused != ACCEPTED).tolist()
        wrong = [*taken.wrong, *((places[i], REASONS[refused[i]]) for i in outside)]
        batch = taken.batch.take(good)
        distrust_null_island(batch.rows)
        return Taken(batch, sorted(wrong))

    async def _store(
        self, fingerprint: str, progress: Progress, taken: Taken, count: int
    ) -> Progress:
        """A batch and the file's place after it, in one transaction."""
        batch = taken.batch
        if self._days is not None:
            await self._days.ensure(self._conn, {day_of(t) for t in _days_of(batch)})
        for attempt in range(MAX_ATTEMPTS):
            try:
                async with self._conn.transaction():
                    found = await sort_out(self._conn, batch)
                    await copy_positions(self._conn, found.fresh)
                    devices, starts = earliest_by_device(found.fresh.rows)
                    earliest = dict(zip(devices.tolist(), starts.tolist(), strict=True))
                    await daily_summaries.mark(self._conn, earliest)
                    stored, over = len(found.fresh), len(found.over)
                    done = Progress(
                        count, stored, len(batch) - stored - over, len(taken.wrong) + over
                    )
                    await advance(self._conn, fingerprint, progress.plus(done))
                break
            except psycopg.errors.UniqueViolation:
                if attempt == MAX_ATTEMPTS - 1:
                    raise
        for device_id, from_us in earliest.items():
            before = self._earliest.get(device_id, from_us)
            self._earliest[device_id] = min(before, from_us)
        return progress.plus(done)


def _days_of(batch: PositionBatch) -> list[int]:
    return [int(day) for day in np.unique(batch.rows["time_us"] // DAY_US) * DAY_US]


def _fingerprint(order: ImportOrder) -> str:
    """Of the content and of how it is read: another unit makes another import."""
    with order.path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
    digest.update(f"{order.format} {order.device_id} {order.zone.key} {order.datum}".encode())
    return digest.hexdigest()
