"""Assigned roads of which too little was swept or sprayed, or not often enough."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

from model.rulebook import Rule
from rules.assigned_duties import assigned_duties
from rules.contract import Family, Memory, Parameter
from rules.coverage import (
    COVERAGE_DEFAULTS,
    COVERAGE_PARAMETERS,
    LINES,
    fold_coverage,
    look_at_coverage,
    verdict_on,
)
from rules.owed import KNOWN_SHARE, Dutiful, Duty, Ground, Seen, Verdict, Watched
from rules.pieces import Fact, pieces_of
from rules.plan import Version
from rules.registry import register
from rules.view import View
from rules.wording import number
from rules.working import WORKERS


class CoverageShort(Dutiful):
    """At the end of each window of an assigned work road that is made of lines."""

    name = "coverage_short"
    family: Family = "dust"
    zh = "作业覆盖不足"
    en = "Coverage too small"
    measure_name = "covered_pct"
    vehicle_kinds: tuple[str, ...] = WORKERS
    parameters: tuple[Parameter, ...] = (*COVERAGE_PARAMETERS, KNOWN_SHARE)
    episode_defaults: dict[str, float] = COVERAGE_DEFAULTS

    def duties(
        self, ground: Ground, version: Version, period_us: tuple[int, int]
    ) -> Iterable[Duty]:
        """One an assigned road and window."""
        owed = assigned_duties(ground, version, "work_road", period_us)
        return [duty for duty in owed if ground.index.fences[duty.fence].shape in LINES]

    def look(self, view: View, watched: Watched, rule: Rule, parameters: dict[str, float]) -> Seen:  # noqa: ARG002
        """Where on the road it works."""
        return look_at_coverage(view, watched, parameters)

    def fold(
        self,
        ground: Ground,
        duty: Duty,
        progress: Memory,
        steps: Sequence[tuple[int, Fact]],
        parameters: dict[str, float],
    ) -> None:
        """The pieces that it has worked."""
        pieces = pieces_of(ground.roster, ground.index.fences, duty.fence)
        fold_coverage(pieces, progress, steps, parameters)

    def verdict(
        self,
        ground: Ground,
        duty: Duty,
        progress: Memory,
        known_share: float,
        parameters: dict[str, float],
    ) -> Verdict:
        """By length, each carriageway its own obligation."""
        pieces = pieces_of(ground.roster, ground.index.fences, duty.fence)
        passes = parameters["passes"]
        return verdict_on(pieces, progress, known_share, parameters["required_pct"], passes)

    def sentence(self, measures: dict[str, Any], language: Literal["zh", "en"]) -> str:
        """The share that was covered."""
        share = number(measures.get(self.measure_name, 0))
        if language == "zh":
            return f"作业时段内作业道路只覆盖了{share}%"
        return f"only {share} % of its roads were covered in the window"


register(CoverageShort())
