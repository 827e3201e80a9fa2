"""A position that stays the same to the last digit while the vehicle drives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from model.position import FixSource
from model.rulebook import Rule
from model.vehicles import VEHICLES
from rules.contract import NO, UNKNOWN, YES, Column, Family, Memory, Note, Parameter
from rules.fixes import Fix, acquit_outside_schedule, fixes, numbers, where
from rules.following import Follower
from rules.readings import column_of, speed_kmh
from rules.registry import register
from rules.view import View
from rules.wording import Words

_PARAMETERS = (
    Parameter(
        "moving_kmh", "km/h", 10, 1, 100,
        "坐标不变而速度达到此值即为冻结",
        "from this speed on, coordinates that stay the same are frozen",
        "our default: a receiver at 10 km/h changes the sixth decimal within the second",
    ),
    Parameter(
        "driven_m", "m", 200, 20, 10_000,
        "坐标不变而里程增加满此值即为冻结",
        "an odometer that has grown this much over coordinates that stay the same",
        "our default: above what receivers hold still in a queue of traffic",
    ),
)  # fmt: skip
_EPISODE_DEFAULTS = {"min_duration_s": 180.0}
_WORDS = Words("定位冻结而车辆在行驶", "position frozen while driving", "驶过{}米", "over {} m")


class FrozenPosition(Follower):
    """Satellite fixes only; the same coordinates and a speed, or an odometer that runs."""

    name = "frozen_position"
    family: Family = "conduct"
    zh = "定位冻结"
    en = "Frozen position"
    measure_name = "driven_m"
    vehicle_kinds: tuple[str, ...] = VEHICLES
    parameters: tuple[Parameter, ...] = _PARAMETERS
    episode_defaults: dict[str, float] = _EPISODE_DEFAULTS
    parts = (
        ("same_place", "坐标与上次完全相同", "the same coordinates as before"),
        ("moves", "车速或里程表明在行驶", "speed or odometer say that it drives"),
    )  # fmt: skip

    def follow(
        self, view: View, places: slice, memory: Memory, rule: Rule, parameters: dict[str, float]
    ) -> Column:
        """Memory: where the device has been since when, and its odometer then."""
        steps = [_step(fix, memory, parameters) for fix in fixes(view, places)]
        value = np.array([value for value, _ in steps], np.int8)
        acquit_outside_schedule(value, view, places, rule)
        reasons = np.where(view.usable[places], "speed_unknown", "no_position").astype(object)
        return column_of(value, np.array([m for _, m in steps], np.float64), reasons=reasons)

    def notes(
        self,
        view: View,
        memories: Sequence[Memory],  # noqa: ARG002
        rule: Rule,  # noqa: ARG002
        parameters: dict[str, float],
    ) -> Sequence[Note]:
        """Time, place, odometer, and whether it is known to be slow."""
        columns = numbers(view, "time_us", "longitude_e6", "latitude_e6", "odometer_m")
        slow = speed_kmh(view) < parameters["moving_kmh"]
        return where(view.rows["fix_source"] == FixSource.GNSS, *columns, slow.tolist())

    def passes(self, memory: Memory, note: tuple[Any, ...], parameters: dict[str, float]) -> bool:
        """Another place than before, or the same without a sign that it moves."""
        time_us, longitude_e6, latitude_e6, odometer_m, slow = note
        place = [longitude_e6, latitude_e6]
        if memory.get("place") != place:
            memory["place"], memory["since_us"] = place, time_us
            memory["odometer_m"] = odometer_m
            return True
        before_m = memory["odometer_m"]
        if not slow or (odometer_m >= 0) != (before_m >= 0):
            return False
        return bool(odometer_m - before_m < parameters["driven_m"])

    def missing(self, view: View, before: Memory, after: Memory) -> int:
        """Another place is remembered anew."""
        same = before.get("place") == after.get("place")
        return 1 if same and int(view.rows["time_us"][0]) != after.get("since_us") else 0

    def sentence(self, measures: dict[str, Any], language: Literal["zh", "en"]) -> str:
        """What happened, in words."""
        return _WORDS.sentence(measures, self.measure_name, language)


def _step(fix: Fix, memory: Memory, parameters: dict[str, float]) -> tuple[int, float]:
    """The condition, and the metres driven on the same coordinates (NaN: not known)."""
    if fix.fix_source != FixSource.GNSS:
        return UNKNOWN, np.nan
    place = [fix.longitude_e6, fix.latitude_e6]
    if memory.get("place") != place:
        memory.update(place=place, since_us=fix.time_us, odometer_m=fix.odometer_m)
        return NO, np.nan
    if fix.time_us == memory["since_us"]:  # another report of the same second
        return NO, np.nan
    if memory["odometer_m"] < 0:
        memory["odometer_m"] = fix.odometer_m
    known = fix.odometer_m >= 0
    driven_m = float(fix.odometer_m - memory["odometer_m"]) if known else np.nan
    speed = fix.speed_kmh
    if (known and driven_m >= parameters["driven_m"]) or (
        speed is not None and speed >= parameters["moving_kmh"]
    ):
        return YES, driven_m
    return (NO if known or speed is not None else UNKNOWN), driven_m


register(FrozenPosition())
