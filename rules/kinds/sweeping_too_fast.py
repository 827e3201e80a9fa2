"""A sweeper that sweeps faster than its brushes can clean."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from model.rulebook import Rule
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
from rules.trilogic import all_of, negate
from rules.view import View
from rules.wording import Words

_PARAMETERS = (
    Parameter(
        "max_working_kmh", "km/h", 15, 3, 60,
        "清扫作业时速度上限", "faster than this with the brush down does not clean",
        "our default: the band of working sweepers is 3-15 km/h; Wuhan asks for about 8 km/h "
        "(http://735195.com/news/201108/19_2019.html)",
    ),
    Parameter(
        "return_kmh", "km/h", 13, 1, 60,
        "降到此速度以下即为恢复", "slower than this is slow enough again",
        "our default: below max_working_kmh, so that a speed at the limit neither ends nor begins",
    ),
)  # fmt: skip
_EPISODE_DEFAULTS = {"min_duration_s": 60.0}
_WORDS = Words("清扫作业车速过快", "sweeping too fast", "最高{} km/h", "up to {} km/h")


class SweepingTooFast:
    """Brush down AND faster than the limit, wherever the rule applies."""

    name = "sweeping_too_fast"
    family: Family = "dust"
    zh = "清扫车速过快"
    en = "Sweeping too fast"
    measure_name = "max_speed_kmh"
    vehicle_kinds: tuple[str, ...] = ("sweeper",)
    parameters: tuple[Parameter, ...] = _PARAMETERS
    episode_defaults: dict[str, float] = _EPISODE_DEFAULTS
    absence = False

    def condition(self, view: View, rule: Rule, parameters: dict[str, float]) -> Column:
        """HOLD between the two speeds; with fences, a rule judges inside them only."""
        speed = speed_kmh(view)
        too_fast = negate(at_most(speed, parameters["max_working_kmh"]))
        band = (too_fast == NO) & (np.nan_to_num(speed) >= parameters["return_kmh"])
        too_fast[band] = HOLD
        value = all_of(
            applies(view, rule),
            signal_is_yes(view, "brush_down"),
            in_rule_fences(view, rule),
            too_fast,
        )
        fence = in_places(view, rule.fence_tags, rule.fence_ids)
        return column_of(value, speed, fence, why_unknown(view, speed))

    def sentence(self, measures: dict[str, Any], language: Literal["zh", "en"]) -> str:
        """What happened, in words."""
        return _WORDS.sentence(measures, self.measure_name, language)


register(SweepingTooFast())
