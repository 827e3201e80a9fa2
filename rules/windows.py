"""Weekly windows on the wall clock of an IANA zone, for columns of UTC microseconds.

A window belongs to the weekday on which it starts; several windows add up. Wall-clock time decides,
as on the signs by the road: when clocks go back the repeated hour counts both times, when they go
forward the missing hour is simply not there.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from model.fences import Window
from model.rulebook import Schedule
from rules.calendar import Calendar

_MINUTE_US = 60_000_000
_DAY_MIN = 1440
# Clocks change on a quarter hour of UTC everywhere (Lord Howe Island moves by half an hour).
_STEP_US = 15 * _MINUTE_US
OFFSETS_KEPT = 40_000  # a year of quarter hours: a long back-test looks up each once


def in_schedule(
    time_us: NDArray[np.int64], schedule: Schedule, calendar: Calendar | None = None
) -> NDArray[np.bool_]:
    """Whether each time lies in any window of the schedule; a schedule without windows has none."""
    return in_windows(time_us, schedule.zone, schedule.windows, calendar)


def in_windows(
    time_us: NDArray[np.int64],
    zone: str,
    windows: Iterable[Window],
    calendar: Calendar | None = None,
) -> NDArray[np.bool_]:
    """Whether each time lies in any of the windows.

    Raises ValueError for an unknown zone, and for windows of workdays without a calendar.
    """
    inside = np.zeros(len(time_us), np.bool_)
    if not len(time_us):
        return inside
    day, minute = _wall_clock(time_us, zone)
    for window in windows:
        today = _starts(window, day, calendar)
        if window.end_min > window.start_min:
            inside |= today & (minute >= window.start_min) & (minute < window.end_min)
            continue
        yesterday = _starts(window, day - 1, calendar)
        inside |= (today & (minute >= window.start_min)) | (yesterday & (minute < window.end_min))
    return inside


def local_days(time_us: NDArray[np.int64], zone: str) -> NDArray[np.int64]:
    """The civil day of each time, in days since 1970. Raises ValueError for an unknown zone."""
    return _wall_clock(time_us, zone)[0]


def intervals(
    zone: str, window: Window, calendar: Calendar, from_us: int, to_us: int
) -> list[tuple[int, int]]:
    """When the window is open, [start, end) in microseconds: all that overlap [from_us, to_us).

    Where clocks change, an end is what its wall clock says; nothing of no length is kept.
    """
    zone_info, first = _zone(zone), from_us // (_DAY_MIN * _MINUTE_US) - 2
    days = np.arange(first, to_us // (_DAY_MIN * _MINUTE_US) + 2)
    found = []
    for day in days[_starts(window, days, calendar)].tolist():
        midnight = datetime(1970, 1, 1, tzinfo=zone_info) + timedelta(days=day)
        end_min = window.end_min + _DAY_MIN * (window.end_min <= window.start_min)
        start, end = (midnight + timedelta(minutes=m) for m in (window.start_min, end_min))
        start_us, end_us = (round(moment.timestamp()) * 1_000_000 for moment in (start, end))
        if start_us < end_us and start_us < to_us and end_us > from_us:
            found.append((start_us, end_us))
    return found


def _starts(window: Window, day: NDArray[np.int64], calendar: Calendar | None) -> NDArray[np.bool_]:
    """Whether a window starts on each day (since 1970)."""
    weekdays = np.zeros(8, np.bool_)
    weekdays[list(window.weekdays)] = True
    starts = weekdays[(day + 3) % 7 + 1]  # 1970-01-01 was a Thursday
    if window.days == "weekdays":
        return starts
    if calendar is None:
        raise ValueError(f"a window for {window.days} needs a calendar")
    works = calendar.workdays(day)
    return starts & (works if window.days == "workdays" else ~works)


def _wall_clock(
    time_us: NDArray[np.int64], zone: str
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Local day since 1970 and minute of day."""
    step = time_us // _STEP_US
    if len(step) and step[0] == step[-1] and (step == step[0]).all():  # so with most batches
        return np.divmod((time_us + _offset_us(zone, int(step[0]))) // _MINUTE_US, _DAY_MIN)
    steps, inverse = np.unique(step, return_inverse=True)
    offsets_us = np.array([_offset_us(zone, number) for number in steps.tolist()], np.int64)
    days, minute = np.divmod((time_us + offsets_us[inverse]) // _MINUTE_US, _DAY_MIN)
    return days, minute


@lru_cache(OFFSETS_KEPT)
def _offset_us(zone: str, step: int) -> int:
    moment = datetime.fromtimestamp(step * _STEP_US // 1_000_000, UTC)
    offset = moment.astimezone(_zone(zone)).utcoffset()
    assert offset is not None
    return round(offset.total_seconds() * 1_000_000)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError) as error:
        raise ValueError(f"unknown time zone {name!r}: use an IANA name") from error
