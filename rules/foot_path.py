"""A walk as it most likely was: fixes of all sources weighed by their stated accuracy, stays found,
and the length of the way without the jitter of standing still. What was stored stays as it was.

Fusing is a Kalman filter and a Rauch-Tung-Striebel smoother over the place alone: between two fixes
a person may be anywhere within a walk's reach, and each fix counts by one over its accuracy
squared. A position of a mobile network cell among satellite fixes so hardly moves the path, and
alone it is still better than nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geofence.geodesy import MEAN_RADIUS_M
from model.position import FixSource, Rows

Floats = NDArray[np.float64]
Point = tuple[float, float, float]  # longitude, latitude, accuracy in metres

# What a fix that states no accuracy is taken for, in metres; our defaults.
ASSUMED_M = {FixSource.GNSS: 20.0, FixSource.WIFI: 60.0, FixSource.LBS: 800.0}
LEAST_ACCURACY_M = 3.0  # no handset is better, whatever it says
WALK_M_S = 1.5  # a brisk walk; a fix that states more speed is believed
RESTART_S = 300  # over a longer gap one place says nothing of the next
STRAY = 2.0  # so many times farther off than accuracies and a walk explain
STAY_RADIUS_M = 25.0  # wider where the accuracy is worse
STAY_S = 60.0
METRES_A_DEGREE = math.radians(MEAN_RADIUS_M)
STEP_M = 20.0  # legs are at least so long, or as the accuracy: shorter ones measure the jitter


@dataclass(frozen=True, slots=True)
class Fused:
    """For each positioned row the most likely place (degrees) and its accuracy (68 %)."""

    longitude: Floats
    latitude: Floats
    accuracy_m: Floats


@dataclass(frozen=True, slots=True)
class Stay:
    """Rows [first, last] within one place, for STAY_S or longer; degrees."""

    first: int
    last: int
    from_us: int
    to_us: int
    longitude: float
    latitude: float


def stated_accuracy_m(rows: Rows) -> Floats:
    """The accuracy of each row, or what its source is taken for."""
    stated = rows["accuracy_m"].astype(np.float64)
    for source, assumed_m in ASSUMED_M.items():
        stated[(stated < 0) & (rows["fix_source"] == source)] = assumed_m
    return np.maximum(stated, LEAST_ACCURACY_M)


def fuse(rows: Rows) -> Fused:
    """Positioned rows of one device in order of time."""
    if not len(rows):
        return Fused(np.zeros(0), np.zeros(0), np.zeros(0))
    seconds = np.diff(rows["time_us"]) / 1e6
    speed_m_s = np.maximum(rows["speed_kmh_e1"][1:] / 36.0, WALK_M_S)
    spread = np.where(seconds > RESTART_S, np.inf, (speed_m_s * seconds) ** 2).tolist()
    noise = _believed_m2(rows).tolist()
    forward, backward, variances = _weights(noise, spread)
    longitude = _weighed((rows["longitude_e6"] / 1e6).tolist(), forward, backward)
    latitude = _weighed((rows["latitude_e6"] / 1e6).tolist(), forward, backward)
    # Rounding may carry a place on a pole beyond it.
    on_globe = np.clip(latitude, -90, 90)
    return Fused((np.array(longitude) + 180) % 360 - 180, on_globe, np.sqrt(variances))


def _believed_m2(rows: Rows) -> Floats:
    """Stated accuracies squared; a fix far off between two that agree is believed no better than it
    is off."""
    accuracy_m = stated_accuracy_m(rows)
    if len(rows) < 3:
        return accuracy_m**2
    time, longitude, latitude = (
        rows[name].astype(np.float64) for name in ("time_us", "longitude_e6", "latitude_e6")
    )
    span = np.maximum(time[2:] - time[:-2], 1.0)
    share = (time[1:-1] - time[:-2]) / span
    between = [
        v[1:-1] - v[:-2] - share * (v[2:] - v[:-2]) for v in (longitude / 1e6, latitude / 1e6)
    ]
    east = ((between[0] + 180) % 360 - 180) * np.cos(np.radians(latitude[1:-1] / 1e6))
    off_m = np.hypot(east, between[1]) * METRES_A_DEGREE
    reach_m = span / 1e6 * WALK_M_S + accuracy_m[:-2] + accuracy_m[2:]
    stray = off_m > STRAY * (accuracy_m[1:-1] + reach_m)
    accuracy_m[1:-1] = np.where(stray, np.maximum(accuracy_m[1:-1], off_m), accuracy_m[1:-1])
    return accuracy_m**2


def _weights(
    noise: list[float], spread: list[float]
) -> tuple[list[float], list[float], list[float]]:
    """Gains of the filter (a row's own share) and of the smoother (the next row's), variances."""
    forward, filtered = [1.0], [noise[0]]
    for measured, between in zip(noise[1:], spread, strict=True):
        prior = filtered[-1] + between
        gain = 1.0 if prior == np.inf else prior / (prior + measured)
        forward.append(gain)
        filtered.append(measured if prior == np.inf else (1 - gain) * prior)
    backward, variances = [0.0] * len(spread), filtered.copy()
    for i in range(len(spread) - 1, -1, -1):
        prior = filtered[i] + spread[i]
        if prior != np.inf:
            backward[i] = filtered[i] / prior
            variances[i] += backward[i] ** 2 * (variances[i + 1] - prior)
    return forward, backward, variances


def _weighed(degrees: list[float], forward: list[float], backward: list[float]) -> list[float]:
    """One coordinate, by the shorter way round the globe."""
    means = degrees[:1]
    for measured, gain in zip(degrees[1:], forward[1:], strict=True):
        means.append(means[-1] + gain * ((measured - means[-1] + 180) % 360 - 180))
    for i in range(len(backward) - 1, -1, -1):
        means[i] += backward[i] * ((means[i + 1] - means[i] + 180) % 360 - 180)
    return means


def stays(rows: Rows, fused: Fused) -> list[Stay]:
    """Where somebody stood or sat, in order of time; a single fix far off does not end a stay."""
    found: list[Stay] = []
    times, points = rows["time_us"].tolist(), _points(fused)
    first = 0
    while first < len(times):
        last = _end_of_stay(times, points, first)
        if times[last] - times[first] < STAY_S * 1e6:
            first += 1
            continue
        inside = slice(first, last + 1)
        weight = 1 / fused.accuracy_m[inside] ** 2
        east, north = (
            float(np.average(v[inside], weights=weight)) for v in (fused.longitude, fused.latitude)
        )
        found.append(Stay(first, last, times[first], times[last], east, north))
        first = last + 1
    return found


def _points(fused: Fused) -> list[Point]:
    columns = (fused.longitude.tolist(), fused.latitude.tolist(), fused.accuracy_m.tolist())
    return list(zip(*columns, strict=True))


def _apart_m(one: Point, other: Point) -> float:
    """Metres between points that are near to each other; on a plane."""
    east = ((other[0] - one[0] + 180) % 360 - 180) * math.cos(math.radians(one[1]))
    return math.hypot(east, other[1] - one[1]) * METRES_A_DEGREE


def _end_of_stay(times: list[int], points: list[Point], first: int) -> int:
    """The last row of those from `first` on that stay about their own centre."""
    (east, north, _), count = points[first], 1
    last, place = first, first + 1
    while place < len(times) and times[place] - times[place - 1] <= RESTART_S * 1e6:
        point = points[place]
        if _apart_m((east, north, 0.0), point) <= max(STAY_RADIUS_M, point[2]):
            count += 1
            east += (point[0] - east) / count
            north += (point[1] - north) / count
            last = place
        elif place > last + 1:
            break
        place += 1
    return last


def length_m(fused: Fused, found: list[Stay]) -> float:
    """Metres walked: a stay is one point, and legs are long enough to tell a step from jitter."""
    points = _corners(fused, found)
    if not points:
        return 0.0
    total_m, here = 0.0, points[0]
    for point in points[1:]:
        leg_m = _apart_m(here, point)
        if leg_m >= max(STEP_M, point[2]):
            total_m += leg_m
            here = point
    return total_m


def _corners(fused: Fused, found: list[Stay]) -> list[Point]:
    """The points of the way, a stay being one."""
    points, corners, after = _points(fused), [], 0
    for stay in found:
        best_m = min(point[2] for point in points[stay.first : stay.last + 1])
        corners += [*points[after : stay.first], (stay.longitude, stay.latitude, best_m)]
        after = stay.last + 1
    return corners + points[after:]
