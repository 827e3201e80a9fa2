"""How things move along a line: limits, turns, lights; constant acceleration between knots."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulators.city.frame import Point

ACCELERATION_MS2 = 1.0
BRAKING_MS2 = 1.3


class Knot(NamedTuple):
    """From `time_s` on: place along the line, speed and acceleration, until the next knot."""

    time_s: float
    along_m: float
    speed_ms: float
    acceleration_ms2: float


@dataclass(frozen=True, slots=True)
class Path:
    """A polyline with the length so far at each point. A single point is a place to stay."""

    along_m: NDArray[np.float64]
    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]
    course_deg: NDArray[np.float64]  # of the segment from each point on

    @staticmethod
    def of(points: Sequence[Point]) -> Path:
        """The path along these points."""
        x = np.array([point[0] for point in points], np.float64)
        y = np.array([point[1] for point in points], np.float64)
        steps = np.hypot(np.diff(x), np.diff(y))
        along = np.concatenate([[0.0], np.cumsum(steps)])
        course = np.degrees(np.arctan2(np.diff(x), np.diff(y))) % 360
        course = np.append(course, course[-1] if len(course) else 0.0)
        return Path(along, x, y, course)

    @property
    def length_m(self) -> float:
        """Whole length."""
        return float(self.along_m[-1])


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of a drive: where it ends, its limit; how fast one may leave it, how long to wait."""

    end_m: float
    limit_ms: float
    leave_ms: float
    wait_s: float = 0.0


def drive(start_s: float, stretches: Sequence[Stretch]) -> tuple[list[Knot], float]:
    """Knots of a drive from standstill to standstill, and the time it ends."""
    speeds = _passable(stretches)
    knots: list[Knot] = []
    time_s, along_m = start_s, 0.0
    for index, stretch in enumerate(stretches):
        length = stretch.end_m - along_m
        if length > 0:
            pieces = _piece(length, speeds[index], speeds[index + 1], stretch.limit_ms)
            for speed, acceleration, seconds in pieces:
                knots.append(Knot(time_s, along_m, speed, acceleration))
                time_s += seconds
                along_m += speed * seconds + acceleration * seconds * seconds / 2
            along_m = stretch.end_m
        if stretch.wait_s:
            knots.append(Knot(time_s, along_m, 0.0, 0.0))
            time_s += stretch.wait_s
    return knots, time_s


def _passable(stretches: Sequence[Stretch]) -> list[float]:
    """Speeds at the ends of the stretches that braking and acceleration can reach."""
    speeds = [0.0]
    starts = [0.0] + [stretch.end_m for stretch in stretches]
    for index, stretch in enumerate(stretches):
        last = index == len(stretches) - 1
        cap = 0.0 if last or stretch.wait_s else min(stretch.leave_ms, stretch.limit_ms)
        length = max(0.0, stretch.end_m - starts[index])
        reach = math.sqrt(speeds[index] ** 2 + 2 * ACCELERATION_MS2 * length)
        speeds.append(min(cap, reach))
    for index in range(len(stretches) - 1, -1, -1):
        length = max(0.0, stretches[index].end_m - starts[index])
        reach = math.sqrt(speeds[index + 1] ** 2 + 2 * BRAKING_MS2 * length)
        speeds[index] = min(speeds[index], reach)
    return speeds


def _piece(
    length_m: float, enter_ms: float, leave_ms: float, limit_ms: float
) -> list[tuple[float, float, float]]:
    """(speed, acceleration, seconds): speed up, cruise, brake, within `length_m`."""
    a, b = ACCELERATION_MS2, BRAKING_MS2
    top = max(limit_ms, enter_ms, leave_ms)
    up = (top**2 - enter_ms**2) / (2 * a)
    down = (top**2 - leave_ms**2) / (2 * b)
    if up + down > length_m:
        top = math.sqrt((2 * a * b * length_m + b * enter_ms**2 + a * leave_ms**2) / (a + b))
        top = max(top, enter_ms, leave_ms)
        up = (top**2 - enter_ms**2) / (2 * a)
        down = (top**2 - leave_ms**2) / (2 * b)
    pieces = []
    if top > enter_ms:
        pieces.append((enter_ms, a, (top - enter_ms) / a))
    cruise = length_m - up - down
    if cruise > 0:
        pieces.append((top, 0.0, cruise / top))
    if top > leave_ms:
        pieces.append((top, -b, (top - leave_ms) / b))
    return pieces
