"""A water truck on its road in its hours that does not spray."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from model.rulebook import Rule
from rules.assigned import assigned_pairs, nearest
from rules.contract import HOLD, NO, UNKNOWN, YES, Column, Family, Parameter
from rules.readings import (
    accuracy_m,
    applies,
    at_least,
    at_most,
    column_of,
    signal_is_yes,
    speed_kmh,
)
from rules.registry import register
from rules.trilogic import Tri, all_of, negate
from rules.view import View
from rules.wording import Words

_PARAMETERS = (
    Parameter(
        "moving_kmh", "km/h", 3, 0, 60,
        "作业速度下限", "slower than this it stands and is not judged",
        "our default: the band of working sprinklers is 5-20 km/h, less 2 for the receiver",
    ),
    Parameter(
        "max_kmh", "km/h", 25, 5, 80,
        "作业速度上限，超过视为转场", "faster than this it is in transit and is not judged",
        "Wuhan: water trucks work at about 15 km/h (http://735195.com/news/201108/19_2019.html); "
        "25 is our margin",
    ),
    Parameter(
        "assumed_accuracy_m", "m", 10, 0, 200,
        "终端未报精度的卫星定位按此精度计", "accuracy of satellite fixes that state none",
        "our default: urban GNSS, 95 %",
    ),
    Parameter(
        "max_accuracy_m", "m", 50, 5, 2_000,
        "精度差于此值时无法判断在哪条路", "a worse fix cannot tell the road",
        "our default: about the distance between parallel roads",
    ),
)  # fmt: skip
_EPISODE_DEFAULTS = {"min_duration_s": 180.0}
_WORDS = Words(
    "在作业道路上行驶未洒水", "on its road without spraying", "最高{} km/h", "up to {} km/h"
)


class NotSpraying:
    """On the assigned work road, in the assignment's windows, at working speed, pump off."""

    name = "not_spraying"
    family: Family = "dust"
    zh = "作业未洒水"
    en = "Not spraying"
    measure_name = "max_speed_kmh"
    vehicle_kinds: tuple[str, ...] = ("water_truck",)
    parameters: tuple[Parameter, ...] = _PARAMETERS
    episode_defaults: dict[str, float] = _EPISODE_DEFAULTS
    absence = False

    def condition(self, view: View, rule: Rule, parameters: dict[str, float]) -> Column:
        """NO without an assigned road in force; HOLD beside the road within the fix's accuracy."""
        pairs = assigned_pairs(view, rule, "work_road")
        bound = pairs.any_for(len(view.rows))
        accuracy = accuracy_m(view, parameters["assumed_accuracy_m"])
        precise = accuracy <= parameters["max_accuracy_m"]
        speed = speed_kmh(view)
        working = all_of(
            applies(view, rule),
            at_least(speed, parameters["moving_kmh"]),
            at_most(speed, parameters["max_kmh"]),
            negate(signal_is_yes(view, "spraying")),
        )
        # Where the truck is matters only when nothing else acquits it.
        wanted = bound & view.usable & precise & (working != NO)
        distance_m, fence = nearest(view, pairs, wanted)
        on_road = _on_road(distance_m, accuracy)
        on_road[~(view.usable & precise)] = UNKNOWN
        on_road[~bound] = NO
        value = all_of(working, on_road)
        reasons = np.full(len(value), "signal_unknown", object)
        reasons[np.isnan(speed)] = "speed_unknown"
        reasons[~precise] = "poor_gnss"
        reasons[~view.usable] = "no_position"
        return column_of(value, speed, fence, reasons)

    def sentence(self, measures: dict[str, Any], language: Literal["zh", "en"]) -> str:
        """What happened, in words."""
        return _WORDS.sentence(measures, self.measure_name, language)


def _on_road(distance_m: NDArray[np.float64], accuracy: NDArray[np.float64]) -> Tri:
    value = np.full(len(distance_m), NO, np.int8)
    value[distance_m <= accuracy] = HOLD
    value[distance_m <= 0] = YES
    value[np.isnan(distance_m)] = UNKNOWN
    return value


register(NotSpraying())
