"""What units drove, local day by local day: from their fixes, and from their odometers.

A step leads from one fix to the next and belongs to the day of its end; all that it counts is seen
from these two fixes. So the parts of a day, summed up as they come, add up to the day.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from geofence.geodesy import ground_distance_m
from geofence.stops import SLOW_KMH
from model.days import DAY_DTYPE
from model.position import FixSource, Rows, rows_at
from model.signals import YES
from model.signals import field as signal_field

MAX_STEP_S = 300.0  # longer between two fixes, and nobody knows the way: it is not counted
MAX_STEP_KMH = 200.0  # faster than that a receiver moves, not a truck
WORK_SIGNALS = ("spraying", "brush_down", "suction")

Days = NDArray[np.void]  # of DAY_DTYPE
_SUMS = ("distance_mm", "moving_us", "idle_us", "work_us", "unknown_us")


def day_sums(rows: Rows, zone: ZoneInfo, counted: NDArray[np.bool_] | None = None) -> Days:
    """The days of each unit; rows by device, time and variant, unpositioned ones are left out.

    `counted`: rows whose days are wanted (None: all); the others are only where steps begin. A
    gap between two days is no part of either.
    """
    known = rows["fix_source"] != FixSource.NONE
    wanted = np.ones(len(rows), np.bool_) if counted is None else counted
    rows, wanted = rows_at(rows, known), wanted[known]
    days = _local_days(rows["time_us"], zone)
    steps = {name: values[wanted] for name, values in _steps(rows, days).items()}
    rows, days = rows_at(rows, wanted), days[wanted]
    if not len(rows):
        return np.zeros(0, DAY_DTYPE)
    changed = (np.diff(rows["device_id"]) != 0) | (np.diff(days) != 0)
    starts = np.concatenate(([0], np.flatnonzero(changed) + 1))
    lasts = np.concatenate((starts[1:], [len(rows)])) - 1
    found = np.zeros(len(starts), DAY_DTYPE)
    found["device_id"], found["day"] = rows["device_id"][starts], days[starts]
    found["organisation_id"] = rows["organisation_id"][lasts]
    found["fixes"] = lasts - starts + 1
    found["first_us"], found["last_us"] = rows["time_us"][starts], rows["time_us"][lasts]
    found["max_speed_kmh_e1"] = np.maximum.reduceat(rows["speed_kmh_e1"], starts)
    for name, values in steps.items():
        found[name] = np.add.reduceat(values, starts)
    _read_odometers(found, starts, rows["odometer_m"])
    return found


def _steps(rows: Rows, days: NDArray[np.int64]) -> dict[str, NDArray[np.int64]]:
    """What the step that ends at each row counts; nothing at a unit's first one."""
    sums = {name: np.zeros(len(rows), np.int64) for name in _SUMS}
    if len(rows) < 2:
        return sums
    longitude, latitude = rows["longitude_e6"] / 1e6, rows["latitude_e6"] / 1e6
    way_m = ground_distance_m(longitude[:-1], latitude[:-1], longitude[1:], latitude[1:])
    took_us = np.diff(rows["time_us"])
    own = np.diff(rows["device_id"]) == 0
    known = own & (took_us <= MAX_STEP_S * 1e6)
    way_kmh = way_m / np.maximum(took_us, 1) * 3.6e6
    # A receiver that stands wanders: a step counts when one of its ends moves.
    slow = _slow(rows["speed_kmh_e1"][:-1], way_kmh) & _slow(rows["speed_kmh_e1"][1:], way_kmh)
    moved = known & ~slow & (way_kmh <= MAX_STEP_KMH)
    signals = rows["signals"][:-1]
    works = np.logical_or.reduce([signal_field(signals, name) >= YES for name in WORK_SIGNALS])
    idle = known & ~moved & (signal_field(signals, "ignition") >= YES)
    sums["distance_mm"][1:] = np.round(way_m * moved * 1e3)
    sums["moving_us"][1:] = took_us * moved
    sums["idle_us"][1:] = took_us * idle
    sums["work_us"][1:] = took_us * (known & works)
    sums["unknown_us"][1:] = took_us * (own & ~known & (np.diff(days) == 0))
    return sums


def _slow(speed_kmh_e1: NDArray[np.int16], way_kmh: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether an end of a step stands: by the terminal's speed, else by the step's."""
    return np.asarray(np.where(speed_kmh_e1 < 0, way_kmh, speed_kmh_e1 / 10) < SLOW_KMH, np.bool_)


def _read_odometers(found: Days, starts: NDArray[np.intp], readings: NDArray[np.int32]) -> None:
    told = np.flatnonzero(readings >= 0)
    groups = np.searchsorted(starts, told, side="right") - 1
    said, first, counts = np.unique(groups, return_index=True, return_counts=True)
    found["odometer_first_m"] = found["odometer_last_m"] = -1
    found["odometer_first_m"][said] = readings[told[first]]
    found["odometer_last_m"][said] = readings[told[first + counts - 1]]
    found["odometer_readings"][said] = counts
    back = (np.diff(readings[told].astype(np.int64)) < 0) & (np.diff(groups) == 0)
    found["odometer_reset"][groups[1:][back]] = True


def _local_days(times_us: NDArray[np.int64], zone: ZoneInfo) -> NDArray[np.int64]:
    """Ordinals of the local dates; the zone is asked once an hour, which no date changes within."""
    hours, places = np.unique(times_us // 3_600_000_000, return_inverse=True)
    local = [datetime.fromtimestamp(hour * 3_600, zone).toordinal() for hour in hours.tolist()]
    return np.array(local, np.int64)[places]
