"""Positions that no vehicle can drive between: a forged or a broken receiver.

One outlier accuses nobody: a jump counts when the fix after it agrees with the new place and not
with the old one, and only several jumps are a violation.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from geofence.geodesy import ground_distance_m
from model.position import FixSource
from model.rulebook import Rule
from model.vehicles import VEHICLES
from rules.contract import NO, UNKNOWN, YES, Column, Family, Memory, Note, Parameter
from rules.fixes import Fix, acquit_outside_schedule, fixes, numbers, where
from rules.following import Follower
from rules.readings import accuracy_m, column_of
from rules.registry import register
from rules.view import View
from rules.wording import Words

_MINUTE_US = 60_000_000
_MOST_M_A_DEGREE = 111_800.0  # of the earth, along a meridian at the poles
_PARAMETERS = (
    Parameter(
        "max_kmh", "km/h", 200, 60, 1_000,
        "两点间隐含速度超过此值即为跳变", "a faster way between two fixes is a jump",
        "our default: twice what a truck can drive, so that clocks and drift are no jumps",
    ),
    Parameter(
        "jumps", "times", 3, 1, 20,
        "时段内经后续定位证实的跳变满此次数即为违规",
        "this many jumps within the period, each confirmed by the fix after it, are a violation",
        "our default: a tunnel's mouth or a canyon of glass gives one or two",
    ),
    Parameter(
        "minutes", "min", 30, 1, 1_440, "计数时段", "the period in which jumps are counted",
        "our default",
    ),
    Parameter(
        "assumed_accuracy_m", "m", 10, 0, 200,
        "终端未报精度的卫星定位按此精度计", "accuracy of satellite fixes that state none",
        "our default: urban GNSS, 95 %",
    ),
    Parameter(
        "max_accuracy_m", "m", 100, 5, 2_000,
        "精度差于此值的定位不参与判断", "a worse fix shows no jump",
        "our default: cell-tower fixes neither accuse nor acquit",
    ),
)  # fmt: skip
# An episode is a series of jumps: it ends when none has come for as long as they are counted.
_EPISODE_DEFAULTS = {"min_duration_s": 0.0, "clear_s": 1800.0}
_WORDS = Words(
    "定位多次不可能跳变", "repeated jumps that no vehicle can drive",
    "隐含速度最高{} km/h", "up to {} km/h between fixes",
)  # fmt: skip
_Place = list[int]  # time (us), longitude and latitude (1e-6 degree), accuracy (m)


class ImpossibleJump(Follower):
    """YES at the fix that confirms a jump, if that makes `jumps` of them within `minutes`."""

    name = "impossible_jump"
    family: Family = "conduct"
    zh = "定位跳变"
    en = "Impossible jump"
    measure_name = "max_implied_kmh"
    vehicle_kinds: tuple[str, ...] = VEHICLES
    parameters: tuple[Parameter, ...] = _PARAMETERS
    episode_defaults: dict[str, float] = _EPISODE_DEFAULTS
    parts = (
        ("jump", "定位跳变，且经下一定位证实", "a jump that the next fix confirms"),
        ("often", "时段内跳变次数达到限值", "often enough within the time"),
    )  # fmt: skip

    def follow(
        self, view: View, places: slice, memory: Memory, rule: Rule, parameters: dict[str, float]
    ) -> Column:
        """Memory: the last believed place, one that waits to be confirmed, the latest jumps."""
        steps = [_step(fix, memory, parameters) for fix in fixes(view, places)]
        value = np.array([value for value, _ in steps], np.int8)
        acquit_outside_schedule(value, view, places, rule)
        reasons = np.where(view.usable[places], "poor_gnss", "no_position").astype(object)
        return column_of(value, np.array([kmh for _, kmh in steps], np.float64), reasons=reasons)

    def notes(
        self,
        view: View,
        memories: Sequence[Memory],  # noqa: ARG002
        rule: Rule,  # noqa: ARG002
        parameters: dict[str, float],
    ) -> Sequence[Note]:
        """The place of each satellite fix that is good enough."""
        accuracy = accuracy_m(view, float(round(parameters["assumed_accuracy_m"])))
        good = accuracy <= parameters["max_accuracy_m"]
        good &= view.rows["fix_source"] == FixSource.GNSS
        columns = numbers(view, "time_us", "longitude_e6", "latitude_e6")
        return where(good, *columns, accuracy.astype(np.int64).tolist())

    def passes(self, memory: Memory, note: tuple[Any, ...], parameters: dict[str, float]) -> bool:
        """Near enough to the place believed, on any way that is surely not shorter."""
        believed = memory.get("believed")
        if believed is not None:
            least_s = max((note[0] - believed[0]) / 1e6, 1.0)
            most_e6 = abs(note[1] - believed[1]) + abs(note[2] - believed[2])
            most_m = most_e6 * _MOST_M_A_DEGREE / 1e6 - believed[3] - note[3]
            if most_m > parameters["max_kmh"] / 3.6 * least_s:
                return False
        memory["believed"] = list(note)
        memory.pop("waiting", None)
        return True

    def missing(self, view: View, before: Memory, after: Memory) -> int:
        """A confirmed jump is the latest in the memory."""
        confirmed = "waiting" in before and "waiting" not in after
        return int(confirmed and after.get("jumps", [0])[-1] == int(view.rows["time_us"][0]))

    def sentence(self, measures: dict[str, Any], language: Literal["zh", "en"]) -> str:
        """What happened, in words."""
        return _WORDS.sentence(measures, self.measure_name, language)


def _step(fix: Fix, memory: Memory, parameters: dict[str, float]) -> tuple[int, float]:
    """The condition, and the implied speed of a confirmed jump."""
    accuracy_m = fix.accuracy_m
    if accuracy_m < 0:
        accuracy_m = round(parameters["assumed_accuracy_m"])
    if fix.fix_source != FixSource.GNSS or accuracy_m > parameters["max_accuracy_m"]:
        return UNKNOWN, np.nan
    here = [fix.time_us, fix.longitude_e6, fix.latitude_e6, accuracy_m]
    believed, waiting = memory.get("believed"), memory.get("waiting")
    max_kmh = parameters["max_kmh"]
    if believed is None or _implied_kmh(believed, here) <= max_kmh:
        memory["believed"] = here
        memory.pop("waiting", None)  # it was an outlier
        return NO, np.nan
    if waiting is None or _implied_kmh(waiting, here) > max_kmh:
        memory["waiting"] = here
        return NO, np.nan
    jump_kmh = _implied_kmh(believed, waiting)
    memory["believed"] = here
    del memory["waiting"]
    oldest_us = fix.time_us - round(parameters["minutes"] * _MINUTE_US)
    wanted = round(parameters["jumps"])
    recent = [time_us for time_us in memory.get("jumps", ()) if time_us > oldest_us]
    memory["jumps"] = [*recent, fix.time_us][-wanted:]
    return (YES if len(memory["jumps"]) >= wanted else NO), jump_kmh


def _implied_kmh(start: _Place, end: _Place) -> float:
    """The least speed between two fixes that their accuracies allow."""
    degrees = [value / 1e6 for value in (*start[1:3], *end[1:3])]
    apart_m = float(ground_distance_m(*degrees)) - start[3] - end[3]
    lasted_s = max((end[0] - start[0]) / 1e6, 1.0)  # fix times are whole seconds
    return max(apart_m, 0.0) / lasted_s * 3.6


register(ImpossibleJump())
