"""A work sensor that is dead: driven for days on end, it has not changed once, or says nothing.

Only a sensor that was heard of before can die: a terminal without one is not accused, and the rules
that lean on it list the vehicle as one that they cannot judge.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from model import signals
from model.rulebook import Rule
from rules.contract import NO, UNKNOWN, YES, Column, Family, Memory, Note, Parameter
from rules.fixes import Fix, acquit_outside_schedule, fixes, numbers
from rules.following import Follower
from rules.readings import column_of, speed_kmh
from rules.registry import register
from rules.view import View
from rules.windows import local_days

# What each kind's work cannot be done without changing.
SENSORS: dict[str, tuple[str, ...]] = {
    "muck_truck": ("loaded", "cover_closed", "body_raised"),
    "sweeper": ("brush_down",),
    "water_truck": ("spraying",),
    "mixer": ("drum",),
    "garbage_truck": ("loaded",),
}
_SHIFTS = {
    kind: tuple((name, signals.SIGNALS[name].shift) for name in names)
    for kind, names in SENSORS.items()
}
_UNHEARD: tuple[int, list[int]] = (signals.UNKNOWN, [])
_PARAMETERS = (
    Parameter(
        "working_days", "d", 5, 1, 60,
        "传感器在如此多个出车日内无变化即为失效",
        "a sensor that does not change on so many days of driving is dead",
        "our default: a working week; every trip and every street changes these signals",
    ),
    Parameter(
        "driving_kmh", "km/h", 15, 5, 60,
        "当日达到过此速度才算出车日", "a day counts as one of driving from this speed on",
        "our default: moving about the depot is no work",
    ),
)  # fmt: skip
# It lasts from one working day to the next; who stands over a long holiday begins anew.
_EPISODE_DEFAULTS = {"min_duration_s": 0.0, "max_gap_s": 86_400.0, "cool_down_s": 86_400.0}
_SENTENCES = {
    "zh": "作业传感器连续{:.0f}个出车日无变化",
    "en": "a work sensor unchanged on {:.0f} days of driving",
}
_DEFAULT_ZONE = "Asia/Shanghai"


class DeadSensor(Follower):
    """UNKNOWN where no sensor was ever heard of."""

    name = "dead_sensor"
    family: Family = "conduct"
    zh = "传感器失效"
    en = "Dead sensor"
    measure_name = "unchanged_days"
    vehicle_kinds: tuple[str, ...] = tuple(SENSORS)
    parameters: tuple[Parameter, ...] = _PARAMETERS
    episode_defaults: dict[str, float] = _EPISODE_DEFAULTS
    parts = (
        ("unchanged", "传感器在规定的行驶天数内无变化",
         "a sensor has not changed on so many days of driving"),
    )  # fmt: skip

    def follow(
        self, view: View, places: slice, memory: Memory, rule: Rule, parameters: dict[str, float]
    ) -> Column:
        """Memory: by sensor its last state and the local days of driving since it changed."""
        days = _days(view, rule)[places].tolist()
        sensors = SENSORS.get(str(view.kind[places.start]), ())
        most = round(parameters["working_days"])
        value = np.full(len(days), UNKNOWN, np.int8)
        unchanged = np.full(len(days), np.nan)
        for place, (fix, day) in enumerate(zip(fixes(view, places), days, strict=True)):
            speed = fix.speed_kmh
            driven = speed is not None and speed >= parameters["driving_kmh"]
            known = [
                _unchanged(memory, fix, name, day if driven else None, most) for name in sensors
            ]
            longest = max((count for count in known if count is not None), default=None)
            if longest is not None:
                value[place], unchanged[place] = YES if longest >= most else NO, longest
        acquit_outside_schedule(value, view, places, rule)
        return column_of(value, unchanged)

    def notes(
        self,
        view: View,
        memories: Sequence[Memory],  # noqa: ARG002
        rule: Rule,
        parameters: dict[str, float],
    ) -> Sequence[Note]:
        """Signals, their kind's sensors, and the local day, -1 unless it is one of driving."""
        driven = speed_kmh(view) >= parameters["driving_kmh"]
        days = np.where(driven, _days(view, rule), -1).tolist()
        sensors = [_SHIFTS.get(kind, ()) for kind in view.kind.tolist()]
        return list(zip(*numbers(view, "signals"), sensors, days, strict=True))

    def passes(self, memory: Memory, note: tuple[Any, ...], parameters: dict[str, float]) -> bool:
        """No sensor has changed, and the day counts already or does not."""
        packed, sensors, day = note
        most = round(parameters["working_days"])
        unchanged = -1
        for name, shift in sensors:
            state = packed >> shift & 3
            last, days = memory.get(name, _UNHEARD)
            if state not in (signals.UNKNOWN, last):
                return False
            if last and day >= 0 and len(days) < most and day not in days:
                return False
            unchanged = max(unchanged, len(days) if last else -1)
        return 0 <= unchanged < most

    def sentence(self, measures: dict[str, Any], language: Literal["zh", "en"]) -> str:
        """For how many days; the signals beside the track show which sensor it is."""
        return _SENTENCES[language].format(measures.get(self.measure_name, 0))


def _days(view: View, rule: Rule) -> NDArray[np.int64]:
    """The local day of each fix."""
    zone = rule.schedule.zone if rule.schedule else _DEFAULT_ZONE
    return view.once(("local_days", zone), lambda whole: local_days(whole.rows["time_us"], zone))


def _unchanged(memory: Memory, fix: Fix, name: str, day: int | None, most: int) -> int | None:
    """Days of driving (`most` at most) since the sensor changed; None: never heard of.

    Days are kept one by one, so that late fixes of a day that counts already change nothing.
    """
    state = fix.signal(name)
    last, days = memory.get(name, _UNHEARD)
    if state not in (signals.UNKNOWN, last):
        last, days = state, []
    if last == signals.UNKNOWN:
        return None
    if day is not None and day not in days and len(days) < most:
        days = sorted([*days, day])
    memory[name] = [last, days]
    return len(days)


register(DeadSensor())
