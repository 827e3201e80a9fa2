"""Transport outside permitted hours: moving in a fence of the rule outside the rule's windows."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from model.rulebook import Rule
from rules import clauses
from rules.clauses import Clause
from rules.contract import Column, Family, Parameter
from rules.following import blank_column
from rules.readings import at_least, column_of, in_hours, in_places, speed_kmh
from rules.registry import register
from rules.trilogic import all_of, tri
from rules.view import View
from rules.wording import Words

_PARAMETERS = (
    Parameter(
        "moving_kmh", "km/h", 5, 1, 60,
        "达到此速度视为行驶", "from this speed on the vehicle is moving",
        "our default: above what a parked receiver's drift shows",
    ),
)  # fmt: skip
_EPISODE_DEFAULTS = {"min_duration_s": 120.0}
_WORDS = Words("在禁行时段行驶", "driving outside permitted hours", "最高{} km/h", "up to {} km/h")


class OperatingHours:
    """`rule.schedule` holds the permitted windows; without one every hour is permitted."""

    name = "operating_hours"
    family: Family = "hours"
    zh = "违规时段运输"
    en = "Outside permitted hours"
    measure_name = "max_speed_kmh"
    vehicle_kinds: tuple[str, ...] = ("muck_truck", "mixer")
    parameters: tuple[Parameter, ...] = _PARAMETERS
    episode_defaults: dict[str, float] = _EPISODE_DEFAULTS
    absence = False

    def condition(self, view: View, rule: Rule, parameters: dict[str, float]) -> Column:
        """A rule without fence_ids and fence_tags judges everywhere."""
        count = len(view.rows)
        permitted = np.ones(count, np.bool_)
        if rule.schedule is not None:
            permitted = in_hours(view, rule.schedule)
        if permitted.all():
            return blank_column(count)
        fence = in_places(view, rule.fence_tags, rule.fence_ids)
        if rule.fence_tags or rule.fence_ids:
            inside = tri(fence >= 0, view.usable)
        else:
            inside = tri(np.ones(count, np.bool_))
        speed = speed_kmh(view)
        value = all_of(tri(~permitted), inside, at_least(speed, parameters["moving_kmh"]))
        return column_of(value, speed, fence, lambda: _reasons(view))

    def clauses(self, view: View, rule: Rule, parameters: dict[str, float]) -> list[Clause]:
        """Outside the permitted windows, in the rule's fences, moving."""
        forbidden = np.zeros(len(view.rows), np.bool_)
        if rule.schedule is not None:
            forbidden = ~in_hours(view, rule.schedule)
        words = "在许可时段之外", "outside the permitted hours"
        return [
            Clause("forbidden_hours", *words, tri(forbidden)),
            clauses.inside_fences(view, rule),
            clauses.faster(view, parameters["moving_kmh"]),
        ]

    def sentence(self, measures: dict[str, Any], language: Literal["zh", "en"]) -> str:
        """What happened, in words."""
        return _WORDS.sentence(measures, self.measure_name, language)


def _reasons(view: View) -> NDArray[np.object_]:
    return np.where(view.usable, "speed_unknown", "no_position").astype(object)


register(OperatingHours())
