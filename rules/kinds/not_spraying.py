"""A water truck on its road in its hours that does not spray."""

from __future__ import annotations

from typing import Any, Literal

from model.rulebook import Rule
from rules import clauses
from rules.clauses import Clause
from rules.contract import Column, Family, Parameter
from rules.readings import applies, at_least, at_most, signal_is_yes, speed_kmh
from rules.registry import register
from rules.trilogic import all_of, negate
from rules.view import View
from rules.wording import Words
from rules.work_road import ROAD_PARAMETERS, on_work_road, road_clauses

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
    *ROAD_PARAMETERS,
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
        speed = speed_kmh(view)
        working = all_of(
            applies(view, rule),
            at_least(speed, parameters["moving_kmh"]),
            at_most(speed, parameters["max_kmh"]),
            negate(signal_is_yes(view, "spraying")),
        )
        return on_work_road(view, rule, parameters, working, speed)

    def clauses(self, view: View, rule: Rule, parameters: dict[str, float]) -> list[Clause]:
        """Assigned road in its window, pump off, at working speed, on the road."""
        idle = clauses.signal(view, "spraying", "未洒水", "not spraying", wanted=False)
        return road_clauses(view, rule, parameters, idle)

    def sentence(self, measures: dict[str, Any], language: Literal["zh", "en"]) -> str:
        """What happened, in words."""
        return _WORDS.sentence(measures, self.measure_name, language)


register(NotSpraying())
