"""Keeps what each vehicle did on each local day, right behind the journal.

Fixes newer than what is summed up of their unit are added to its days. Older ones, and what is
asked to be made anew, wait some minutes for their like; then their days are summed up from the
stored positions again. Either way the sums, the marks they settle and the journal position are one
transaction over one snapshot: a kill loses nothing and counts nothing twice.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import psycopg
import structlog

from geofence.mileage import MAX_STEP_S, day_sums
from model.position import POSITION_DTYPE
from pipeline.contract import Clock
from storage import daily_summaries as stored
from storage.daily_summaries import SUMMARY_LOCK, Mark
from storage.database import Connection, Database
from storage.instants import DAY_US, from_datetime
from storage.retention_rules import kept_days
from storage.tracks import positions_of_many

_log = structlog.get_logger(__name__)
EVERY_S = 60.0
LATE_WAIT_US = 600_000_000  # what comes late comes in many pieces
BUDGET_S = 20.0  # of one pass for making days anew; the rest waits for the next
RECENT_US = 2 * DAY_US  # what is older is not added but summed up by windows
SAME_DAY_US = 26 * 3_600_000_000  # no local day is longer
TOGETHER = 100  # units read in one go
WINDOW_DAYS = 8  # of one unit made anew in one transaction: 70,000 fixes at 10 s
END_OF_TIME_US = 4_102_444_800_000_000
_USED = {"device_id", "organisation_id", "time_us", "variant", "longitude_e6", "latitude_e6",
         "speed_kmh_e1", "fix_source", "odometer_m", "signals"}  # fmt: skip
_UNUSED = tuple(name for name in POSITION_DTYPE.names or () if name not in _USED)


class DailySummaries:
    """Run `run()` as a task and cancel it to stop. `retention_days`: what is older may be gone,
    and its days stay as they are."""

    def __init__(self, database: Database, clock: Clock, zone: str, retention_days: int) -> None:
        self._database = database
        self._clock = clock
        self._zone = ZoneInfo(zone)
        self._retention_days = retention_days

    async def run(self) -> None:
        """Every minute; a database that is away is tried again next time."""
        while True:
            try:
                await self.once()
            except Exception as error:
                _log.warning("daily_summaries_wait", error=str(error))
            await asyncio.sleep(EVERY_S)

    async def once(self, *, late_wait_us: int = LATE_WAIT_US, budget_s: float = BUDGET_S) -> bool:
        """Sum up what is due now; False: not all of it, or somebody else is at it."""
        conn = await self._database.connect()
        try:
            lock = await conn.execute("SELECT pg_try_advisory_lock(%s)", (SUMMARY_LOCK,))
            row = await lock.fetchone()
            if row is None or not row[0]:
                return False
            await conn.set_isolation_level(psycopg.IsolationLevel.REPEATABLE_READ)
            async with self._news(conn):
                await stored.settle_zone(conn, self._zone.key)
                left = await self._add(conn)
            return await self._make_anew(conn, left, late_wait_us, time.monotonic() + budget_s)
        finally:
            await conn.close()

    @asynccontextmanager
    async def _news(self, conn: Connection) -> AsyncIterator[None]:
        """A transaction that begins with what the journal tells: all that its snapshot holds is
        marked, so that what is read in it is never taken for news later."""
        async with conn.transaction():
            await stored.read_news(conn, self._clock.now_us())
            yield

    async def _add(self, conn: Connection) -> list[Mark]:
        """Add what is newer than the sums; the marks that are left."""
        recent_us = self._clock.now_us() - RECENT_US
        found = await stored.marks(conn)
        newer = [m for m in found if m.from_us > max(recent_us, m.last_us or 0)]
        for start in range(0, len(newer), TOGETHER):
            group = newer[start : start + TOGETHER]
            after_us = {m.device_id: _newest_us(m) for m in group}
            rows = await positions_of_many(conn, after_us, END_OF_TIME_US, without=_UNUSED)
            begins = np.array([m.from_us for m in sorted(group, key=_device)], np.int64)
            devices = np.array(sorted(after_us), np.int32)
            counted = rows["time_us"] >= begins[np.searchsorted(devices, rows["device_id"])]
            days = await asyncio.to_thread(day_sums, rows, self._zone, counted)
            await stored.add_days(conn, days)
        await stored.forget_marks(conn, (m.device_id for m in newer))
        settled = {m.device_id for m in newer}
        return [m for m in found if m.device_id not in settled]

    async def _make_anew(
        self, conn: Connection, left: list[Mark], late_wait_us: int, until_s: float
    ) -> bool:
        due_us = self._clock.now_us() - late_wait_us
        due = [m.device_id for m in left if m.marked_us <= due_us]
        while due:
            if time.monotonic() > until_s:
                return False
            if await self._window(conn, due[-1]):
                due.pop()
        return True

    async def _window(self, conn: Connection, device_id: int) -> bool:
        """Make the first of a unit's unsettled days anew; whether they were the last ones."""
        async with self._news(conn):
            wanted = await stored.marks(conn, device_id)
            if not wanted:
                return True
            now_us = self._clock.now_us()
            rule = await kept_days(conn, "positions", device_id)
            days = min(self._retention_days, rule.get(device_id, self._retention_days))
            kept = self._day_of(now_us - days * DAY_US) + timedelta(days=1)
            first = max(kept, self._day_of(wanted[0].from_us))
            end = first + timedelta(days=WINDOW_DAYS)
            if self._begin_us(end) > now_us:
                await self._sum_up(conn, device_id, first, None)
                await stored.forget_marks(conn, [device_id])
                return True
            await self._sum_up(conn, device_id, first, end)
            await stored.move_mark(conn, device_id, self._begin_us(end))
            return False

    async def _sum_up(
        self, conn: Connection, device_id: int, first: date, end: date | None
    ) -> None:
        days = await days_from_points(conn, device_id, self._zone, first, end)
        await stored.forget_days(conn, device_id, first, end)
        await stored.add_days(conn, days)

    def _day_of(self, time_us: int) -> date:
        return datetime.fromtimestamp(time_us / 1e6, self._zone).date()

    def _begin_us(self, day: date) -> int:
        return _begin_us(day, self._zone)


async def days_from_points(
    conn: Connection, device_id: int, zone: ZoneInfo, first: date, end: date | None
) -> stored.Days:
    """A unit's local days in [first, end), from all stored positions."""
    begin_us = _begin_us(first, zone)
    end_us = END_OF_TIME_US if end is None else _begin_us(end, zone)
    from_us = {device_id: begin_us - int(MAX_STEP_S * 1e6)}
    rows = await positions_of_many(conn, from_us, end_us, without=_UNUSED)
    return await asyncio.to_thread(day_sums, rows, zone, rows["time_us"] >= begin_us)


def _begin_us(day: date, zone: ZoneInfo) -> int:
    """When a local day begins."""
    return from_datetime(datetime(day.year, day.month, day.day, tzinfo=zone))


def _device(one: Mark) -> int:
    return one.device_id


def _newest_us(one: Mark) -> int:
    """Where the first step of what is added begins: at the newest fix that is summed up, unless
    that is of another day anyway."""
    if one.last_us is not None and one.from_us - one.last_us < SAME_DAY_US:
        return one.last_us
    return one.from_us
