"""Shifts made from rosters, some weeks ahead: at each change of a roster, and every day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from model.fences import Window
from model.rosters import Roster, ShiftPattern
from rules.calendar import Calendar
from rules.windows import intervals
from storage.calendar import load_calendar
from storage.database import Connection
from storage.instants import DAY_US
from storage.rosters import Made, active_rosters, made_shifts, remake_shifts

AHEAD_DAYS = 35
BACK_DAYS = 7  # as far as anything is judged anew


async def remake(
    conn: Connection, now_us: int, *, since_us: int | None = None, ids: Sequence[int] | None = None
) -> int:
    """Make the shifts of the next weeks what rosters and calendar say; how many have changed.

    A shift that has begun stays as it was, but for new rosters (`ids`) that reach back: `since_us`,
    at most BACK_DAYS ago.
    """
    since_us = max(now_us if since_us is None else since_us, now_us - BACK_DAYS * DAY_US)
    period_us = since_us, now_us + AHEAD_DAYS * DAY_US
    # A local day may be a UTC day earlier or later.
    first, last = (_day(at) for at in period_us)
    calendar = Calendar(await load_calendar(conn))
    found = await active_rosters(conn, first - timedelta(1), last + timedelta(1), ids)
    wanted = set(_wanted(found, calendar, period_us))
    known = await made_shifts(conn, since_us, ids)
    return await remake_shifts(conn, known - wanted, wanted - known, since_us)


def _wanted(
    found: Sequence[tuple[Roster, ShiftPattern]], calendar: Calendar, period_us: tuple[int, int]
) -> Iterator[Made]:
    """Shifts of the rosters that start in the period."""

    @cache
    def opened(zone: str, window: Window) -> list[tuple[int, int, date]]:
        info = ZoneInfo(zone)
        return [
            (start_us, end_us, datetime.fromtimestamp(start_us / 1e6, info).date())
            for start_us, end_us in intervals(zone, window, calendar, *period_us)
            if start_us >= period_us[0]
        ]

    for roster, pattern in found:
        last = roster.to_date or date.max
        for window in pattern.windows:
            for start_us, end_us, day in opened(pattern.zone, window):
                if roster.from_date <= day <= last:
                    yield roster.id, start_us, end_us


def _day(at_us: int) -> date:
    return datetime.fromtimestamp(at_us / 1e6, UTC).date()
