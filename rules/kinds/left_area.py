"""A vehicle outside the area of responsibility that it was assigned to work in."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from model.rulebook import Rule
from rules import clauses
from rules.assigned import assigned_pairs, nearest
from rules.clauses import Clause
from rules.contract import HOLD, NO, UNKNOWN, YES, Column, Family, Parameter
from rules.readings import accuracy_m, applies, column_of, in_places
from rules.registry import register
from rules.trilogic import Tri, all_of, tri
from rules.view import View
from rules.wording import Words

# Where a vehicle goes in the course of its work, wherever its area lies.
EXEMPT_TAGS = ("site", "dump", "plant", "parking", "wash_bay")
_PARAMETERS = (
    Parameter(
        "distance_m", "m", 50, 0, 5_000,
        "距责任区域超过此距离（另加定位精度）即为越界",
        "farther than this from the area, beyond the fix's accuracy, is outside",
        "our default: no public source sets it",
    ),
    Parameter(
        "return_distance_m", "m", 20, 0, 5_000,
        "回到此距离以内即为返回区域", "nearer than this is back in the area",
        "our default: below distance_m, so that drift at the edge neither ends nor begins anything",
    ),
    Parameter(
        "assumed_accuracy_m", "m", 10, 0, 200,
        "终端未报精度的卫星定位按此精度计", "accuracy of satellite fixes that state none",
        "our default: urban GNSS, 95 %",
    ),
    Parameter(
        "max_accuracy_m", "m", 100, 5, 2_000,
        "精度差于此值的定位不作判断", "a worse fix neither accuses nor acquits",
        "our default",
    ),
)  # fmt: skip
_EPISODE_DEFAULTS = {"min_duration_s": 300.0}
_WORDS = Words("离开责任区域", "outside the assigned area", "最远{}米", "up to {} m away")


class LeftArea:
    """Away from every assigned working area, in the assignments' windows."""

    name = "left_area"
    family: Family = "route"
    zh = "离开责任区域"
    en = "Left area"
    measure_name = "max_distance_m"
    vehicle_kinds: tuple[str, ...] = (
        "sweeper", "water_truck", "muck_truck", "mixer", "garbage_truck",
    )  # fmt: skip
    parameters: tuple[Parameter, ...] = _PARAMETERS
    episode_defaults: dict[str, float] = _EPISODE_DEFAULTS
    absence = False

    def condition(self, view: View, rule: Rule, parameters: dict[str, float]) -> Column:
        """NO without an area in force; YES only when even the near end of the accuracy is out."""
        pairs = assigned_pairs(view, rule, "working_area")
        bound = pairs.any_for(len(view.rows)) & (in_places(view, EXEMPT_TAGS) < 0)
        precise = _precise(view, parameters)
        scheduled = applies(view, rule)
        distance_m, fence = nearest(view, pairs, bound & precise & (scheduled != NO))
        outside = _outside(view, distance_m, parameters)
        outside[~bound] = NO
        measure = np.where(np.isfinite(distance_m), distance_m, np.nan)
        return column_of(all_of(scheduled, outside), measure, fence, lambda: _reasons(view))

    def clauses(self, view: View, rule: Rule, parameters: dict[str, float]) -> list[Clause]:
        """An area in force, not where it may be, outside the area."""
        pairs = assigned_pairs(view, rule, "working_area")
        bound = pairs.any_for(len(view.rows))
        distance_m, _ = nearest(view, pairs, bound & _precise(view, parameters))
        outside = _outside(view, distance_m, parameters)
        outside[~bound] = YES  # that it has no area is the other clause's to say
        measured = np.where(np.isfinite(distance_m), distance_m, np.nan)
        exempt = tri(in_places(view, EXEMPT_TAGS) < 0)
        return [
            clauses.schedule(view, rule),
            Clause("assigned", "有生效的责任区域", "has an area in force", tri(bound)),
            Clause("under_way", "不在停车场等处", "not at a place that is exempt", exempt),
            Clause(
                "outside", "在责任区域之外", "outside the area", outside,
                measured, parameters["distance_m"], "m",
            ),
        ]  # fmt: skip

    def sentence(self, measures: dict[str, Any], language: Literal["zh", "en"]) -> str:
        """What happened, in words."""
        return _WORDS.sentence(measures, self.measure_name, language)


def _reasons(view: View) -> NDArray[np.object_]:
    return np.where(view.usable, "poor_gnss", "no_position").astype(object)


def _precise(view: View, parameters: dict[str, float]) -> NDArray[np.bool_]:
    accuracy = accuracy_m(view, parameters["assumed_accuracy_m"])
    return np.asarray(view.usable & (accuracy <= parameters["max_accuracy_m"]), np.bool_)


def _outside(view: View, distance_m: NDArray[np.float64], parameters: dict[str, float]) -> Tri:
    accuracy = accuracy_m(view, parameters["assumed_accuracy_m"])
    outside = np.full(len(view.rows), HOLD, np.int8)
    outside[distance_m - accuracy > parameters["distance_m"]] = YES
    outside[distance_m < parameters["return_distance_m"]] = NO
    outside[np.isnan(distance_m) | ~_precise(view, parameters)] = UNKNOWN
    return outside


register(LeftArea())
