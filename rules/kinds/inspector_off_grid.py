"""An inspector on duty outside every assigned grid cell."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from model.rulebook import Rule
from rules import clauses
from rules.assigned import assigned_pairs, nearest
from rules.clauses import Clause
from rules.contract import HOLD, NO, UNKNOWN, YES, Column, Family, Parameter
from rules.on_duty import on_duty
from rules.readings import accuracy_m, applies, column_of
from rules.registry import register
from rules.trilogic import Tri, all_of, tri
from rules.view import View
from rules.wording import Words

_PARAMETERS = (
    Parameter(
        "distance_m", "m", 50, 0, 5_000,
        "距网格超过此距离（另加定位精度）即为越界",
        "farther than this from the cell, beyond the fix's accuracy, is outside",
        "our default: no public source sets it",
    ),
    Parameter(
        "return_distance_m", "m", 20, 0, 5_000,
        "回到此距离以内即为返回网格", "nearer than this is back in the cell",
        "our default: below distance_m, so that drift at the edge neither ends nor begins anything",
    ),
    Parameter(
        "assumed_accuracy_m", "m", 20, 0, 200,
        "手机未报精度的卫星定位按此精度计", "accuracy of satellite fixes that state none",
        "our default: a handset between buildings",
    ),
    Parameter(
        "max_accuracy_m", "m", 100, 5, 2_000,
        "精度差于此值视为信号差，不作判断", "a worse fix is poor reception and accuses no one",
        "our default",
    ),
)  # fmt: skip
_EPISODE_DEFAULTS = {"min_duration_s": 300.0}
_WORDS = Words("在岗时离开责任网格", "on duty outside the grid", "最远{}米", "up to {} m away")


class InspectorOffGrid:
    """Off duty, or without a cell in force, nobody is judged."""

    name = "inspector_off_grid"
    family: Family = "patrol"
    zh = "离开责任网格"
    en = "Inspector off grid"
    measure_name = "max_distance_m"
    vehicle_kinds: tuple[str, ...] = ("inspector",)
    parameters: tuple[Parameter, ...] = _PARAMETERS
    episode_defaults: dict[str, float] = _EPISODE_DEFAULTS
    absence = False

    def condition(self, view: View, rule: Rule, parameters: dict[str, float]) -> Column:
        """YES only when even the near end of the accuracy circle is too far."""
        view = view.walked
        pairs = assigned_pairs(view, rule, "grid")
        bound = pairs.any_for(len(view.rows)) & on_duty(view)
        accuracy = accuracy_m(view, parameters["assumed_accuracy_m"])
        precise = view.usable & (accuracy <= parameters["max_accuracy_m"])
        distance_m, fence = nearest(view, pairs, bound & precise)
        outside = _outside(distance_m, accuracy, precise, parameters)
        value = all_of(applies(view, rule), tri(bound), outside)
        measure = np.where(np.isfinite(distance_m), distance_m, np.nan)
        return column_of(value, measure, fence, lambda: np.full(len(value), "poor_gnss", object))

    def clauses(self, view: View, rule: Rule, parameters: dict[str, float]) -> list[Clause]:
        """On duty, with a cell in force, farther from it than allowed."""
        view = view.walked
        pairs = assigned_pairs(view, rule, "grid")
        bound, duty = pairs.any_for(len(view.rows)), on_duty(view)
        accuracy = accuracy_m(view, parameters["assumed_accuracy_m"])
        precise = view.usable & (accuracy <= parameters["max_accuracy_m"])
        distance_m, _ = nearest(view, pairs, bound & precise)
        outside = _outside(distance_m, accuracy, precise, parameters)
        outside[~bound] = YES  # that there is no cell is the other clause's to say
        measured = np.where(np.isfinite(distance_m), distance_m, np.nan)
        return [
            clauses.schedule(view, rule),
            Clause("on_duty", "在岗", "on duty", tri(duty)),
            Clause("assigned", "有生效的责任网格", "has a grid cell in force", tri(bound)),
            Clause(
                "outside", "离网格超过限值", "farther from the cell than allowed", outside,
                measured, parameters["distance_m"], "m",
            ),
        ]  # fmt: skip

    def sentence(self, measures: dict[str, Any], language: Literal["zh", "en"]) -> str:
        """What happened, in words."""
        return _WORDS.sentence(measures, self.measure_name, language)


def _outside(
    distance_m: NDArray[np.float64],
    accuracy: NDArray[np.float64],
    precise: NDArray[np.bool_],
    parameters: dict[str, float],
) -> Tri:
    value = np.full(len(distance_m), HOLD, np.int8)
    value[distance_m - accuracy > parameters["distance_m"]] = YES
    value[distance_m < parameters["return_distance_m"]] = NO
    value[np.isnan(distance_m) | ~precise] = UNKNOWN
    return value


register(InspectorOffGrid())
