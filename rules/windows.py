"""Weekly windows on the wall clock of an IANA zone, for columns of UTC microseconds.

A window belongs to the weekday on which it starts; several windows add up. Wall-clock time decides,
as on the signs by the road: when clocks go back the repeated hour counts both times, when they go
forward the missing hour is simply not there.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from model.fences import Window
from model.rulebook import Schedule

_MINUTE_US = 60_000_000
_DAY_MIN = 1440
# Clocks change on a quarter hour of UTC everywhere (Lord Howe Island moves by half an hour).
_STEP_US = 15 * _MINUTE_US
OFFSETS_KEPT = 40_000  # a year of quarter hours: a long back-test looks up each once


def in_schedule(time_us: NDArray[np.int64], schedule: Schedule) -> NDArray[np.bool_]:
    """Whether each time lies in any window of the schedule; a schedule without windows has none."""
    return in_windows(time_us, schedule.zone, schedule.windows)


def in_windows(
    time_us: NDArray[np.int64], zone: str, windows: Iterable[Window]
) -> NDArray[np.bool_]:
    """Whether each time lies in any of the windows. Raises ValueError for an unknown zone."""
    inside = np.zeros(len(time_us), np.bool_)
    if not len(time_us):
        return inside
    weekday, minute = _wall_clock(time_us, zone)
    for window in windows:
        starts = np.zeros(8, np.bool_)
        starts[list(window.weekdays)] = True
        today = starts[weekday]
        if window.end_min > window.start_min:
            inside |= today & (minute >= window.start_min) & (minute < window.end_min)
            continue
        yesterday = starts[(weekday - 2) % 7 + 1]
        inside |= (today & (minute >= window.start_min)) | (yesterday & (minute < window.end_min))
    return inside


def _wall_clock(
    time_us: NDArray[np.int64], zone: str
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """ISO weekday and minute of day."""
    steps, inverse = np.unique(time_us // _STEP_US, return_inverse=True)
    offsets_us = np.array([_offset_us(zone, int(step)) for step in steps], np.int64)
    days, minute = np.divmod((time_us + offsets_us[inverse]) // _MINUTE_US, _DAY_MIN)
    return (days + 3) % 7 + 1, minute  # 1970-01-01 was a Thursday


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
