"""A file taken in: batch after batch, each with its place in the file in one transaction."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import psycopg

from model.position import PositionBatch
from pipeline.acceptance import ACCEPTED, REASONS, Window, distrust_null_island, refusals
from pipeline.duty_hours import DutyHours
from pipeline.take_in.order import ImportOrder, Told
from pipeline.take_in.reading import READERS, row_count
from pipeline.take_in.rows import Table, Taken, Units, take
from storage import daily_summaries, rejudge
from storage.database import Connection, Database
from storage.imports import Progress, advance, begun, ended
from storage.instants import DAY_US
from storage.organisations import all_organisations
from storage.partitions import Partitions, day_of
from storage.poison import sift
from storage.registers import devices
from storage.rulebook_changes import bump_revision
from storage.variants import copy_positions, sort_out
from storage.writer import earliest_by_device

MAX_TOLD = 20  # wrong rows that are named; all are counted
MAX_ATTEMPTS = 5  # of one batch against terminals that send the same fixes at that moment
OFF_SHIFT = "off_shift"
Tell = Callable[[Told], None]


async def take_in(database: Database, order: ImportOrder, tell: Tell) -> Told:
    """Store what is not stored yet; the same file again goes on where it stopped, and then stores
    nothing. Raises UnreadableError and MissingColumnError."""
    conn = await database.connect()
    try:
        scope = order.organisations
        known = await devices(conn, await all_organisations(conn) if scope is None else scope)
        work = _Work(conn, database, order, Units.of(known, order.device_id))
        return await work.run(tell)
    finally:
        await conn.close()


class _Work:
    """One import on its connection."""

    def __init__(
        self, conn: Connection, database: Database, order: ImportOrder, units: Units
    ) -> None:
        self._conn = conn
        self._days = Partitions() if database.mode == "plain" else None
        self._order = order
        self._units = units
        self._window = Window(order.from_us, order.to_us)
        self._zone = ZoneInfo(order.zone)
        self._duty = DutyHours()
        self._earliest: dict[int, int] = {}
        self._wrong: list[tuple[int, str]] = []

    async def run(self, tell: Tell) -> Told:
        order, conn, path = self._order, self._conn, Path(self._order.path)
        fingerprint = await asyncio.to_thread(_fingerprint, order)
        if order.drop_off_shift:
            await self._duty.refresh(conn, self._window.now_us)
        progress = await begun(conn, fingerprint, path.name)
        total = await asyncio.to_thread(row_count, path, order.format)
        resumed_at, seen = progress.rows_done, 0
        with path.open("rb") as file:
            for table in READERS[order.format](file):
                count = len(next(iter(table.values()), []))
                seen += count
                if seen <= resumed_at:  # a file is cut the same way every time
                    if order.judge:  # perhaps it was not asked for then, or not come to
                        self._remember(_earliest_of(self._taken(table).batch))
                    continue
                progress = await self._store(fingerprint, progress, table, count)
                tell(self._told(progress, resumed_at, min(seen / total, 1.0)))
        async with conn.transaction():
            if order.judge and self._earliest:
                await rejudge.ask(conn, self._earliest, min(self._earliest.values()))
                await bump_revision(conn)
            await ended(conn, fingerprint)
        return self._told(progress, resumed_at, 1.0, done=True)

    def _told(
        self, progress: Progress, resumed_at: int, share: float, *, done: bool = False
    ) -> Told:
        return Told(
            progress=share,
            rows=progress.rows_done,
            stored=progress.stored,
            duplicates=progress.duplicates,
            refused=progress.refused,
            resumed_at=resumed_at,
            wrong=tuple(self._wrong),
            done=done,
        )

    def _note(self, rows_before: int, wrong: Sequence[tuple[int, str]]) -> None:
        self._wrong += [(rows_before + place + 1, why) for place, why in sorted(wrong)]
        del self._wrong[MAX_TOLD:]

    def _taken(self, table: Table) -> Taken:
        """The rows of a table that may be stored."""
        taken = take(table, self._units, self._zone, self._order.datum)
        refused = refusals(taken.batch, self._window)
        why = {i: REASONS[refused[i]] for i in np.flatnonzero(refused != ACCEPTED).tolist()}
        rows = taken.batch.rows
        off = self._duty.off_shift(rows["device_id"], rows["time_us"])
        why |= dict.fromkeys(np.flatnonzero(off).tolist(), OFF_SHIFT)
        taken = taken.without(why)
        distrust_null_island(taken.batch.rows)
        return taken

    async def _store(
        self, fingerprint: str, progress: Progress, table: Table, count: int
    ) -> Progress:
        """A batch and the file's place after it, in one transaction."""
        taken = self._taken(table)
        await self._make_days(taken)
        for attempt in range(MAX_ATTEMPTS):
            try:
                done = await self._try(fingerprint, progress, taken, count)
                break
            except psycopg.errors.UniqueViolation:
                if attempt == MAX_ATTEMPTS - 1:
                    raise
            except (psycopg.DataError, psycopg.IntegrityError):
                if attempt == MAX_ATTEMPTS - 1:
                    raise
                await self._make_days(taken, again=True)
                taken = await self._without_poison(taken)
        self._note(progress.rows_done, taken.wrong)
        return done

    async def _try(
        self, fingerprint: str, progress: Progress, taken: Taken, count: int
    ) -> Progress:
        batch = taken.batch
        async with self._conn.transaction():
            found = await sort_out(self._conn, batch)
            await copy_positions(self._conn, found.fresh)
            earliest = _earliest_of(found.fresh)
            await daily_summaries.mark(self._conn, earliest)
            stored, over = len(found.fresh), len(found.over)
            refused = len(taken.wrong) + over
            progress = progress.plus(Progress(count, stored, len(batch) - stored - over, refused))
            await advance(self._conn, fingerprint, progress)
        self._remember(earliest)
        return progress

    def _remember(self, earliest: Mapping[int, int]) -> None:
        for device_id, from_us in earliest.items():
            before = self._earliest.get(device_id, from_us)
            self._earliest[device_id] = min(before, from_us)

    async def _make_days(self, taken: Taken, *, again: bool = False) -> None:
        """The partitions; `again`: one may have been dropped under us."""
        if self._days is not None:
            if again:
                self._days.forget()
            await self._days.ensure(self._conn, {day_of(t) for t in _days_of(taken.batch)})

    async def _without_poison(self, taken: Taken) -> Taken:
        """Less the rows that the database refuses for their own sake."""

        async def attempt(indexes: Sequence[int]) -> None:
            await copy_positions(self._conn, taken.batch.take(np.array(indexes, np.intp)))

        return taken.without(await sift(self._conn, len(taken.batch), attempt))


def _earliest_of(batch: PositionBatch) -> dict[int, int]:
    units, starts = earliest_by_device(batch.rows)
    return dict(zip(units.tolist(), starts.tolist(), strict=True))


def _days_of(batch: PositionBatch) -> list[int]:
    return [int(day) for day in np.unique(batch.rows["time_us"] // DAY_US) * DAY_US]


def _fingerprint(order: ImportOrder) -> str:
    """Of the content, of how it is read and whose units it may fill: another unit makes another
    import."""
    with Path(order.path).open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
    digest.update(f"{order.format} {order.device_id} {order.zone} {order.datum}".encode())
    if order.organisations is not None:
        digest.update(f" {sorted(order.organisations)}".encode())
    return digest.hexdigest()
