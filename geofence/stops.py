"""Where a unit stood still: runs of slow fixes in one place."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from geofence.geodesy import ground_distance_m
from model.position import FixSource, Rows

SLOW_KMH = 5.0  # below it drift and standing cannot be told apart
NEAR_M = 50.0  # drift of a standing receiver between buildings
PAUSE_S = 120.0  # so long may fixes say that it moves before a stop in the same place is another
GAP_S = 600.0  # nobody knows what it did meanwhile


@dataclass(frozen=True, slots=True)
class Stop:
    """[from_us, to_us] at the median of its fixes; `first` and `last`: places in the rows."""

    from_us: int
    to_us: int
    longitude: float
    latitude: float
    fixes: int
    first: int
    last: int


def stops(rows: Rows, least_s: float) -> list[Stop]:
    """Stops of one device of at least so many seconds; rows by time, unpositioned ones ignored."""
    usable = np.flatnonzero(rows["fix_source"] != FixSource.NONE)
    slow = usable[slow_fixes(rows[usable])]
    if not len(slow):
        return []
    longitude, latitude = rows["longitude_e6"][slow] / 1e6, rows["latitude_e6"][slow] / 1e6
    apart_s = np.diff(rows["time_us"][slow]) / 1e6
    step_m = ground_distance_m(longitude[:-1], latitude[:-1], longitude[1:], latitude[1:])
    neighbours = np.diff(np.searchsorted(usable, slow)) == 1
    allowed_s = np.where(neighbours, GAP_S, PAUSE_S)
    breaks = np.flatnonzero((apart_s > allowed_s) | (step_m > NEAR_M))
    edges = np.concatenate(([0], breaks + 1, [len(slow)])).tolist()
    found = (_stop(rows, slow[start:end]) for start, end in pairwise(edges))
    return [stop for stop in found if stop.to_us - stop.from_us >= least_s * 1e6]


def slow_fixes(rows: Rows) -> NDArray[np.bool_]:
    """Which fixes of one unit stand: by the terminal's speed, or by the way since the
    fix before where it gives none."""
    speed_kmh = rows["speed_kmh_e1"] / 10
    longitude, latitude = rows["longitude_e6"] / 1e6, rows["latitude_e6"] / 1e6
    way_m = ground_distance_m(longitude[:-1], latitude[:-1], longitude[1:], latitude[1:])
    took_s = np.maximum(np.diff(rows["time_us"]) / 1e6, 1.0)
    moved_kmh = np.concatenate(([0.0], way_m / took_s * 3.6))
    return np.asarray(np.where(speed_kmh < 0, moved_kmh, speed_kmh) < SLOW_KMH, np.bool_)


def _stop(rows: Rows, places: NDArray[np.intp]) -> Stop:
    return Stop(
        from_us=int(rows["time_us"][places[0]]),
        to_us=int(rows["time_us"][places[-1]]),
        longitude=round(float(np.median(rows["longitude_e6"][places])) / 1e6, 6),
        latitude=round(float(np.median(rows["latitude_e6"][places])) / 1e6, 6),
        fixes=len(places),
        first=int(places[0]),
        last=int(places[-1]),
    )
