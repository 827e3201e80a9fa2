"""Driving faster than the city allows this kind of vehicle, loaded or empty."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from model.rulebook import Rule
from rules import clauses
from rules.clauses import Clause
from rules.contract import HOLD, NO, UNKNOWN, Column, Family, Parameter
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
from rules.trilogic import Tri, all_of, negate
from rules.view import View
from rules.wording import Words

_PARAMETERS = (
    Parameter(
        "limit_kmh", "km/h", 40, 5, 120,
        "限速", "the speed limit",
        "Shenzhen 2019: 40 on urban roads, 60 on expressways, 80 on motorways "
        "(http://kanghetangcha.com/news/content/2019-05/22/content_22017259_5.htm)",
    ),
    Parameter(
        "limit_loaded_kmh", "km/h", 0, 0, 120,
        "满载时的限速；0：与空载相同", "the limit when loaded; 0: the same",
        "our default: cities that limit loaded trucks state their own",
    ),
    Parameter(
        "margin_kmh", "km/h", 4, 0, 40,
        "超过限速多少才算超速", "how much over the limit counts",
        "our default: 10 % of 40 km/h, for the receiver",
    ),
)  # fmt: skip
_EPISODE_DEFAULTS = {"min_duration_s": 20.0}
_WORDS = Words("超速行驶", "speeding", "最高{} km/h", "up to {} km/h")


class Speeding:
    """Over the limit and its margin; HOLD between the two."""

    name = "speeding"
    family: Family = "conduct"
    zh = "超速"
    en = "Speeding"
    measure_name = "max_speed_kmh"
    vehicle_kinds: tuple[str, ...] = (
        "sweeper", "water_truck", "muck_truck", "mixer", "garbage_truck",
    )  # fmt: skip
    parameters: tuple[Parameter, ...] = _PARAMETERS
    episode_defaults: dict[str, float] = _EPISODE_DEFAULTS
    absence = False

    def condition(self, view: View, rule: Rule, parameters: dict[str, float]) -> Column:
        """A load that is not known is UNKNOWN only where it decides."""
        speed = speed_kmh(view)
        over = _over_its_limit(view, speed, parameters)
        value = all_of(applies(view, rule), in_rule_fences(view, rule), over)
        fence = in_places(view, rule.fence_tags, rule.fence_ids)
        return column_of(value, speed, fence, lambda: why_unknown(view, speed))

    def clauses(self, view: View, rule: Rule, parameters: dict[str, float]) -> list[Clause]:
        """In the rule's fences, over the limit for the load."""
        speed = speed_kmh(view)
        over, words = _over_its_limit(view, speed, parameters), ("车速超过限速", "over the limit")
        limit_kmh = parameters["limit_kmh"] + parameters["margin_kmh"]
        return [
            clauses.schedule(view, rule),
            clauses.inside_fences(view, rule),
            Clause("over_limit", *words, over, speed, limit_kmh, "km/h"),
        ]

    def sentence(self, measures: dict[str, Any], language: Literal["zh", "en"]) -> str:
        """What happened, in words."""
        return _WORDS.sentence(measures, self.measure_name, language)


def _over_its_limit(view: View, speed: NDArray[np.float64], parameters: dict[str, float]) -> Tri:
    over = _over(speed, parameters["limit_kmh"], parameters["margin_kmh"])
    loaded_kmh = parameters["limit_loaded_kmh"]
    if not loaded_kmh:
        return over
    over_loaded = _over(speed, loaded_kmh, parameters["margin_kmh"])
    load = signal_is_yes(view, "loaded")
    open_question = (load == UNKNOWN) & (over != over_loaded)
    over = np.where(load == NO, over, over_loaded).astype(np.int8)
    over[open_question] = UNKNOWN
    return over


def _over(speed: NDArray[np.float64], limit_kmh: float, margin_kmh: float) -> Tri:
    over = negate(at_most(speed, limit_kmh + margin_kmh))
    over[(over == NO) & (np.nan_to_num(speed) > limit_kmh)] = HOLD
    return over


register(Speeding())
