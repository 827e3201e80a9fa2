"""A working vehicle that stands too long where it has no business to stand."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from model.rulebook import Rule
from rules import clauses
from rules.clauses import Clause
from rules.contract import HOLD, NO, Column, Family, Parameter
from rules.readings import (
    applies,
    at_most,
    column_of,
    in_places,
    in_rule_fences,
    signal_is_yes,
    speed_kmh,
    why_unknown,
)
from rules.registry import register
from rules.trilogic import Tri, all_of, any_of, tri
from rules.view import View
from rules.wording import Words

EXEMPT_TAGS = ("site", "dump", "plant", "parking", "wash_bay")
_PARAMETERS = (
    Parameter(
        "standing_kmh", "km/h", 3, 0, 20,
        "低于或等于此速度视为停车", "up to this speed the vehicle stands",
        "our default: what a parked receiver's drift shows",
    ),
    Parameter(
        "moving_kmh", "km/h", 5, 1, 60,
        "达到此速度视为行驶", "from this speed on it has moved on",
        "our default: below the 7 km/h of a sweeper at work; in between it is as it was before",
    ),
)  # fmt: skip
# 30 min is the stay that inspectors are asked about; a queue at a crossing is over by then.
_EPISODE_DEFAULTS = {"min_duration_s": 1_800.0, "clear_s": 30.0}
_WORDS = Words("作业车辆长时间停车", "standing outside every place to stand", "", "")


class StopTooLong:
    """At work (ignition on, or loaded) AND standing AND nowhere that is meant for it.

    How long is too long is the episode's `min_duration_s`: so the stop is told from its beginning.
    """

    name = "stop_too_long"
    family: Family = "hours"
    zh = "停车过久"
    en = "Stop too long"
    measure_name = "max_speed_kmh"
    vehicle_kinds: tuple[str, ...] = (
        "sweeper", "water_truck", "muck_truck", "mixer", "garbage_truck",
    )  # fmt: skip
    parameters: tuple[Parameter, ...] = _PARAMETERS
    episode_defaults: dict[str, float] = _EPISODE_DEFAULTS
    absence = False

    def condition(self, view: View, rule: Rule, parameters: dict[str, float]) -> Column:
        """With fences, a rule judges inside them only (no-stop places)."""
        speed = speed_kmh(view)
        value = all_of(
            applies(view, rule),
            in_rule_fences(view, rule),
            tri(in_places(view, EXEMPT_TAGS) < 0),
            _at_work(view),
            _standing(speed, parameters),
        )
        fence = in_places(view, rule.fence_tags, rule.fence_ids)
        return column_of(value, speed, fence, lambda: why_unknown(view, speed))

    def clauses(self, view: View, rule: Rule, parameters: dict[str, float]) -> list[Clause]:
        """Where the rule judges, at work, standing."""
        speed, most_kmh = speed_kmh(view), parameters["standing_kmh"]
        exempt = tri(in_places(view, EXEMPT_TAGS) < 0)
        standing = _standing(speed, parameters)
        return [
            clauses.schedule(view, rule),
            clauses.inside_fences(view, rule),
            Clause("under_way", "不在可停车的场所", "not where it may stand", exempt),
            Clause("at_work", "点火或满载", "ignition on, or loaded", _at_work(view)),
            Clause("standing", "停车", "standing", standing, speed, most_kmh, "km/h"),
        ]

    def sentence(self, measures: dict[str, Any], language: Literal["zh", "en"]) -> str:
        """How long, not how fast: the little speed that it shows is drift."""
        return _WORDS.sentence(measures, "", language)


def _at_work(view: View) -> Tri:
    return any_of(signal_is_yes(view, "ignition"), signal_is_yes(view, "loaded"))


def _standing(speed: NDArray[np.float64], parameters: dict[str, float]) -> Tri:
    standing = at_most(speed, parameters["standing_kmh"])
    standing[(standing == NO) & (np.nan_to_num(speed) < parameters["moving_kmh"])] = HOLD
    return standing


register(StopTooLong())
