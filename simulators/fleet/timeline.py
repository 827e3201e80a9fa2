"""A unit's plan without noise: legs (a path, signals, an activity) and the knots along them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from model.signals import SIGNALS
from simulators.fleet.motion import Knot, Path


@dataclass(frozen=True, slots=True)
class Leg:
    """One thing a unit does: along a path (or at its single point) from `start_s`."""

    start_s: float
    path: Path
    activity: str
    signals: int
    odometer_m: float


@dataclass(frozen=True, slots=True)
class Change:
    """A signal that says otherwise for some time, whatever the leg says."""

    from_s: float
    to_s: float
    signal: str
    state: int


@dataclass(slots=True)
class Moments:
    """The plan at given times: columns of equal length."""

    time_s: NDArray[np.int64]
    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]
    speed_ms: NDArray[np.float64]
    course_deg: NDArray[np.float64]
    odometer_m: NDArray[np.float64]
    signals: NDArray[np.int64]


@dataclass(slots=True)
class Timeline:
    """Legs in order; `work` adds further ones when they are asked for (it never ends)."""

    work: Iterator[None] | None = None
    end_s: float = 0.0
    legs: list[Leg] = field(default_factory=list)
    knots: list[Knot] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    _knot_s: list[float] = field(default_factory=list)
    _knot_leg: list[int] = field(default_factory=list)

    def add(self, leg: Leg, knots: Sequence[Knot], end_s: float) -> None:
        """Append a leg that ends at `end_s`."""
        self.legs.append(leg)
        self.knots.extend(knots)
        self._knot_s.extend(knot.time_s for knot in knots)
        self._knot_leg.extend([len(self.legs) - 1] * len(knots))
        self.end_s = end_s

    def reach(self, second: float) -> None:
        """Write the plan beyond a second."""
        while self.work is not None and self.end_s <= second:
            next(self.work)

    def at(self, time_s: NDArray[np.int64]) -> Moments:
        """The plan at ascending whole seconds."""
        self.reach(float(time_s[-1]))
        first = max(0, bisect_right(self._knot_s, float(time_s[0])) - 1)
        last = bisect_right(self._knot_s, float(time_s[-1]))
        knots = np.array(self.knots[first:last], np.float64)
        leg_of = np.array(self._knot_leg[first:last], np.intp)
        place = np.searchsorted(knots[:, 0], time_s, side="right") - 1
        here = knots[np.maximum(place, 0)]
        seconds = time_s - here[:, 0]
        speed = np.maximum(here[:, 2] + here[:, 3] * seconds, 0.0)
        along = here[:, 1] + here[:, 2] * seconds + here[:, 3] * seconds * seconds / 2
        legs = leg_of[np.maximum(place, 0)]
        moments = Moments(
            time_s=time_s,
            x_m=np.empty(len(time_s)),
            y_m=np.empty(len(time_s)),
            speed_ms=speed,
            course_deg=np.empty(len(time_s)),
            odometer_m=np.empty(len(time_s)),
            signals=np.empty(len(time_s), np.int64),
        )
        for index in np.unique(legs):
            self._fill(moments, legs == index, self.legs[index], along)
        self._apply_changes(moments)
        return moments

    def _fill(
        self, moments: Moments, rows: NDArray[np.bool_], leg: Leg, along: NDArray[np.float64]
    ) -> None:
        path, s = leg.path, along[rows]
        moments.x_m[rows] = np.interp(s, path.along_m, path.x_m)
        moments.y_m[rows] = np.interp(s, path.along_m, path.y_m)
        segment = np.clip(np.searchsorted(path.along_m, s, side="right") - 1, 0, None)
        moments.course_deg[rows] = path.course_deg[segment]
        moments.odometer_m[rows] = leg.odometer_m + s
        moments.signals[rows] = leg.signals

    def _apply_changes(self, moments: Moments) -> None:
        for change in self.changes:
            if change.to_s < moments.time_s[0] or change.from_s > moments.time_s[-1]:
                continue
            rows = (moments.time_s >= change.from_s) & (moments.time_s < change.to_s)
            shift = SIGNALS[change.signal].shift
            cleared = moments.signals[rows] & ~(3 << shift)
            moments.signals[rows] = cleared | (change.state << shift)
