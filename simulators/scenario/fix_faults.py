"""Faults of receivers and sensors: each changes a unit's fixes, in ascending time.

Every fix draws the same number of values, so that one fix never shifts another's fault.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from model.signals import NO, SIGNALS, UNKNOWN, YES
from model.signals import field as signal_field
from simulators.city.frame import METRES_PER_DEGREE_LATITUDE, METRES_PER_DEGREE_LONGITUDE
from simulators.fleet.habits import Span
from simulators.fleet.receiver import Fixes, rows_in

DRIFT_TAU_S = 90.0
CANYON_SATELLITES = 5
FLAP_EVERY_S, FLAP_S = 300, 20  # one wrong word at a time: shorter than any rule believes


class FixFault(Protocol):
    """Changes fixes that the unit has just made."""

    def apply(self, fixes: Fixes) -> Fixes:
        """The spoilt fixes; the array given may be written to."""
        ...


def _move(
    fixes: Fixes, rows: NDArray[np.bool_], east: NDArray[np.float64], north: NDArray[np.float64]
) -> None:
    longitude = np.rint(east / METRES_PER_DEGREE_LONGITUDE * 1e6).astype(np.int32)
    latitude = np.rint(north / METRES_PER_DEGREE_LATITUDE * 1e6).astype(np.int32)
    fixes["longitude_e6"][rows] += longitude[rows]
    fixes["latitude_e6"][rows] += latitude[rows]


@dataclass(slots=True)
class Drift:
    """Gauss-Markov error of the first order, `sigma_m` in each direction."""

    spans: Sequence[Span]
    sigma_m: float
    chance: random.Random
    _east: float = 0.0
    _north: float = 0.0
    _last_s: int = 0

    def apply(self, fixes: Fixes) -> Fixes:
        """Move each fix by the error of its time."""
        east, north = np.zeros(len(fixes)), np.zeros(len(fixes))
        for index, time_s in enumerate(fixes["time_s"].tolist()):
            kept = math.exp(-max(0, time_s - self._last_s) / DRIFT_TAU_S)
            fresh = self.sigma_m * math.sqrt(1 - kept * kept)
            self._east = self._east * kept + self.chance.gauss(0, fresh)
            self._north = self._north * kept + self.chance.gauss(0, fresh)
            self._last_s = time_s
            east[index], north[index] = self._east, self._north
        _move(fixes, rows_in(fixes, self.spans), east, north)
        return fixes


@dataclass(slots=True)
class Canyon:
    """Between high walls: each time the place is off by `size_m` in one direction, by reflections;
    few satellites are left, and the receiver knows that it is inaccurate."""

    spans: Sequence[Span]
    size_m: float
    angles: Sequence[float]  # of each span, radians

    def apply(self, fixes: Fixes) -> Fixes:
        """Shift what lies in the spans."""
        for span, angle in zip(self.spans, self.angles, strict=True):
            rows = rows_in(fixes, [span])
            east, north = (
                np.full(len(fixes), self.size_m * f(angle)) for f in (math.cos, math.sin)
            )
            _move(fixes, rows, east, north)
            fixes["accuracy_m"][rows] += round(self.size_m)
            fixes["satellites"][rows] = np.minimum(fixes["satellites"][rows], CANYON_SATELLITES)
        return fixes


@dataclass(slots=True)
class Outliers:
    """Single fixes `size_m` away in any direction."""

    spans: Sequence[Span]
    rate: float
    size_m: float
    chance: random.Random

    def apply(self, fixes: Fixes) -> Fixes:
        """Throw some aside."""
        drawn = np.array([(self.chance.random(), self.chance.random()) for _ in fixes])
        drawn = drawn.reshape(-1, 2)
        rows = (drawn[:, 0] < self.rate) & rows_in(fixes, self.spans)
        angle = drawn[:, 1] * 2 * math.pi
        _move(fixes, rows, self.size_m * np.cos(angle), self.size_m * np.sin(angle))
        return fixes


@dataclass(slots=True)
class Skew:
    """The terminal's clock is wrong by `seconds`; its fixes leave at the right time."""

    seconds: int

    def apply(self, fixes: Fixes) -> Fixes:
        """Shift the fix times."""
        fixes["time_s"] += self.seconds
        return fixes


@dataclass(slots=True)
class Sensor:
    """A work signal that says nothing (dead), or a wrong word now and then (flapping)."""

    spans: Sequence[Span]
    signal: str
    flapping: bool

    def apply(self, fixes: Fixes) -> Fixes:
        """Blank or turn the signal."""
        rows = rows_in(fixes, self.spans)
        shift = SIGNALS[self.signal].shift
        state = signal_field(fixes["signals"], self.signal).astype(np.int64)
        if self.flapping:
            rows &= state != UNKNOWN
            turned = np.where(state >= 2, 1, 2)
        else:
            turned = np.zeros(len(fixes), np.int64)
        cleared = fixes["signals"] & ~(3 << shift)
        fixes["signals"] = np.where(rows, cleared | (turned << shift), fixes["signals"])
        return fixes


def flaps(span: Span, rate: float, chance: random.Random) -> list[Span]:
    """The moments at which a flapping sensor is wrong: at the beginning of some slots."""
    first, last = int(span.from_s // FLAP_EVERY_S), int(span.to_s // FLAP_EVERY_S)
    starts = [slot * FLAP_EVERY_S for slot in range(first, last + 1) if chance.random() < rate]
    return [Span(start_s, start_s + FLAP_S) for start_s in starts]


@dataclass(slots=True)
class Loss:
    """Fixes that never arrive; what a person has told by hand the app sends until it does."""

    spans: Sequence[Span]
    rate: float
    chance: random.Random

    def apply(self, fixes: Fixes) -> Fixes:
        """Drop some."""
        drawn = np.array([self.chance.random() for _ in fixes])
        signals = fixes["signals"]
        told = (signal_field(signals, "check_in") == YES) | (signal_field(signals, "on_duty") == NO)
        kept: Fixes = fixes[told | (drawn >= self.rate) | ~rows_in(fixes, self.spans)]
        return kept
