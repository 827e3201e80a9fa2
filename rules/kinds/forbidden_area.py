"""In an area that is closed to the vehicle, always or in the rule's windows."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from model.rulebook import Rule
from rules import clauses
from rules.clauses import Clause
from rules.contract import NO, UNKNOWN, YES, Column, Family, Parameter
from rules.crossed import crossed
from rules.readings import (
    accuracy_m,
    applies,
    at_least,
    column_of,
    in_places,
    signal_is_yes,
    speed_kmh,
    why_unknown,
)
from rules.registry import register
from rules.trilogic import Tri, all_of
from rules.view import View
from rules.wording import Words

_PARAMETERS = (
    Parameter(
        "moving_kmh", "km/h", 0, 0, 60,
        "达到此速度才判定；0：停在区内也判定",
        "judge from this speed on; 0: standing there counts too",
        "our default: an area that is closed is closed to parking too",
    ),
    Parameter(
        "only_loaded", "0/1", 0, 0, 1,
        "1：仅满载时判定；0：空载也判定", "1: judge loaded vehicles only; 0: empty ones too",
        "our default: signs close roads to vehicles, not to loads",
    ),
    Parameter(
        "max_crossing_s", "s", 0, 0, 600,
        "两次定位间隔不超过此时长时，连线穿过禁行区域也判定；0：只判定区内的定位",
        "between two fixes at most so far apart a straight line through the area counts; "
        "0: only fixes inside do",
        "our default: an area that a vehicle crosses between two fixes is the rule's to name; "
        "with it set min_duration_s to 0",
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
_EPISODE_DEFAULTS = {"min_duration_s": 60.0}
_WORDS = Words("进入禁行区域", "in a forbidden area", "最高{} km/h", "up to {} km/h")


class ForbiddenArea:
    """`rule.schedule` holds the forbidden windows; without one the area is always closed."""

    name = "forbidden_area"
    family: Family = "route"
    zh = "进入禁行区域"
    en = "Forbidden area"
    measure_name = "max_speed_kmh"
    vehicle_kinds: tuple[str, ...] = (
        "sweeper", "water_truck", "muck_truck", "mixer", "garbage_truck",
    )  # fmt: skip
    parameters: tuple[Parameter, ...] = _PARAMETERS
    episode_defaults: dict[str, float] = _EPISODE_DEFAULTS
    absence = False

    def condition(self, view: View, rule: Rule, parameters: dict[str, float]) -> Column:
        """The rule's fences, or without any those tagged no_go."""
        speed = speed_kmh(view)
        precise = accuracy_m(view, parameters["assumed_accuracy_m"]) <= parameters["max_accuracy_m"]
        inside, fence = _inside(view, rule, parameters, precise)
        conditions = [applies(view, rule), inside]
        if parameters["moving_kmh"]:
            conditions.append(at_least(speed, parameters["moving_kmh"]))
        if parameters["only_loaded"]:
            conditions.append(signal_is_yes(view, "loaded"))
        return column_of(
            all_of(*conditions), speed, fence, lambda: why_unknown(view, speed, precise)
        )

    def clauses(self, view: View, rule: Rule, parameters: dict[str, float]) -> list[Clause]:
        """In the closed area; moving and loaded, where the rule asks for it."""
        precise = accuracy_m(view, parameters["assumed_accuracy_m"]) <= parameters["max_accuracy_m"]
        inside, _ = _inside(view, rule, parameters, precise)
        found = [
            clauses.schedule(view, rule),
            Clause("inside_area", "在禁行区域内", "inside the closed area", inside),
        ]
        if parameters["moving_kmh"]:
            found.append(clauses.faster(view, parameters["moving_kmh"]))
        if parameters["only_loaded"]:
            found.append(clauses.signal(view, "loaded", "满载", "loaded"))
        return found

    def sentence(self, measures: dict[str, Any], language: Literal["zh", "en"]) -> str:
        """What happened, in words."""
        return _WORDS.sentence(measures, self.measure_name, language)


def _inside(
    view: View, rule: Rule, parameters: dict[str, float], precise: NDArray[np.bool_]
) -> tuple[Tri, NDArray[np.int32]]:
    """Whether each fix is in the area, or the way to it led through; and in which fence."""
    tags = rule.fence_tags if rule.fence_tags or rule.fence_ids else ("no_go",)
    fence = in_places(view, tags, rule.fence_ids)
    if parameters["max_crossing_s"]:
        through = crossed(view, rule.fence_ids, tags, parameters)
        fence = np.where(fence >= 0, fence, through)
    inside = np.where(fence >= 0, YES, NO).astype(np.int8)
    if view.index.marked(rule.fence_ids, tags).any():
        inside[~(view.usable & precise)] = UNKNOWN
    return inside, fence


register(ForbiddenArea())
