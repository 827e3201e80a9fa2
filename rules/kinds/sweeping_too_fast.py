"""A sweeper that sweeps faster than its brushes can clean."""

from __future__ import annotations

from typing import Any, Literal

from model.rulebook import Rule
from rules import clauses
from rules.clauses import Clause
from rules.contract import Column, Family, Parameter
from rules.registry import register
from rules.too_fast import too_fast_clauses, working_too_fast
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
        return working_too_fast(view, rule, parameters, "brush_down")

    def clauses(self, view: View, rule: Rule, parameters: dict[str, float]) -> list[Clause]:
        """At work, in the rule's fences, too fast."""
        working = clauses.signal(view, "brush_down", "扫盘放下", "brush down")
        return too_fast_clauses(view, rule, parameters, working)

    def sentence(self, measures: dict[str, Any], language: Literal["zh", "en"]) -> str:
        """What happened, in words."""
        return _WORDS.sentence(measures, self.measure_name, language)


register(SweepingTooFast())
