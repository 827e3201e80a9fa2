"""Facts of the rule over stays: an inspector on a roster who is in one place for too long."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from simulators.facts.scene import Facts, Scene

AWAY_S = 60.0
NEVER = (math.inf, math.inf)


@dataclass(frozen=True, slots=True)
class _Sight:
    """In the same place: within `radius_m` for longer than `stay_s`. The rule's: 50 m and the
    accuracy, half an hour."""

    radius_m: float
    stay_s: float


SURE, MAYBE = _Sight(40, 2_040), _Sight(75, 1_500)


@dataclass(slots=True)
class _Stay:
    """From call to call."""

    place: tuple[float, float] = NEVER
    since_s: float = 0.0
    away_s: float = math.inf

    def go(self, time_s: float, place: tuple[float, float], sight: _Sight) -> bool:
        """One more moment on duty -> whether it has been here for too long."""
        if self.place == NEVER:
            self.place, self.since_s = place, time_s
        if math.dist(self.place, place) <= sight.radius_m:
            self.away_s = math.inf
            return time_s - self.since_s > sight.stay_s
        self.away_s = min(self.away_s, time_s)
        if time_s - self.away_s >= AWAY_S:
            self.place, self.since_s, self.away_s = place, time_s, math.inf
        return False


def stays_too_long(scene: Scene) -> Facts:
    """From when the stay is long enough."""
    if not scene.unit.on_roster:
        return scene.none(), scene.none()
    time_s, facts = scene.at.time_s, []
    bound = scene.unit.on_shift(time_s) & ~scene.denies("on_duty")
    unseen = scene.blind | scene.silent
    for name, sight, heard in (("sure", SURE, ~unseen), ("maybe", MAYBE, ~scene.none())):
        told = scene.none()
        for place, (at_s, x_m, y_m, here) in enumerate(
            zip(time_s.tolist(), scene.at.x_m, scene.at.y_m, bound & heard, strict=True)
        ):
            stay = scene.memory.setdefault(name, _Stay())
            if here:
                told[place] = stay.go(at_s, (float(x_m), float(y_m)), sight)
            else:
                scene.memory[name] = _Stay()
        facts.append(told)
    sure, maybe = facts
    return sure, np.logical_or(sure, maybe)
