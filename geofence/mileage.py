"""What a unit drove, day by day: from its fixes, and from its odometer where it has one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from geofence.geodesy import ground_distance_m
from geofence.stops import slow_fixes
from model.position import FixSource, Rows, rows_at
from model.signals import YES
from model.signals import field as signal_field

MAX_STEP_S = 300.0  # longer between two fixes, and nobody knows the way: it is not counted
MAX_STEP_KMH = 200.0  # faster than that a receiver moves, not a truck


@dataclass(frozen=True, slots=True)
class DayMileage:
    """A local day. `unknown_s`: between fixes too far apart, of which no way is counted.
    `idle_s`: standing with the ignition on. `odometer_km` None: it says nothing, or was reset."""

    day: date
    distance_km: float
    moving_s: float
    idle_s: float
    unknown_s: float
    odometer_km: float | None
    fixes: int
    first_us: int
    last_us: int


def mileage(rows: Rows, zone: ZoneInfo) -> list[DayMileage]:
    """Days of one unit that have fixes; rows by time. A step belongs to the day of its end."""
    rows = rows_at(rows, rows["fix_source"] != FixSource.NONE)
    if not len(rows):
        return []
    longitude, latitude = rows["longitude_e6"] / 1e6, rows["latitude_e6"] / 1e6
    way_m = ground_distance_m(longitude[:-1], latitude[:-1], longitude[1:], latitude[1:])
    took_s = np.diff(rows["time_us"]) / 1e6
    slow = slow_fixes(rows)
    known = took_s <= MAX_STEP_S
    # A receiver that stands wanders: a step counts when one of its ends moves.
    moved = known & ~(slow[:-1] & slow[1:]) & (way_m <= took_s / 3.6 * MAX_STEP_KMH)
    idle = known & ~moved & (signal_field(rows["signals"], "ignition")[:-1] >= YES)
    days = _local_days(rows["time_us"], zone)
    columns = (way_m * moved / 1e3, took_s * moved, took_s * idle, took_s * ~known)
    starts = np.concatenate(([0], np.flatnonzero(np.diff(days)) + 1, [len(rows)]))
    return [
        _day(rows[a:b], int(days[a]), [float(c[max(a - 1, 0) : b - 1].sum()) for c in columns])
        for a, b in pairwise(starts.tolist())
    ]


def _day(rows: Rows, day: int, sums: list[float]) -> DayMileage:
    distance_km, moving_s, idle_s, unknown_s = sums
    return DayMileage(
        day=date.fromordinal(day),
        distance_km=round(distance_km, 2),
        moving_s=round(moving_s, 1),
        idle_s=round(idle_s, 1),
        unknown_s=round(unknown_s, 1),
        odometer_km=_odometer_km(rows["odometer_m"]),
        fixes=len(rows),
        first_us=int(rows["time_us"][0]),
        last_us=int(rows["time_us"][-1]),
    )


def _odometer_km(readings: NDArray[np.int32]) -> float | None:
    known = readings[readings >= 0].astype(np.int64)
    if len(known) < 2 or (np.diff(known) < 0).any():
        return None
    return round(float(known[-1] - known[0]) / 1e3, 2)


def _local_days(times_us: NDArray[np.int64], zone: ZoneInfo) -> NDArray[np.int64]:
    """Ordinals of the local dates; the zone is asked once an hour, which no date changes within."""
    hours, places = np.unique(times_us // 3_600_000_000, return_inverse=True)
    local = [datetime.fromtimestamp(hour * 3_600, zone).toordinal() for hour in hours.tolist()]
    return np.array(local, np.int64)[places]
