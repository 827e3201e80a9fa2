"""A sweeper or water truck that has worked too little of its mandated window."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from rules.assigned_duties import assigned_duties
from rules.contract import NO, YES, Memory, Parameter
from rules.owed import KNOWN_SHARE, Duty, Ground, Verdict
from rules.plan import Version
from rules.registry import register
from rules.wording import number
from rules.working import WORK_PARAMETERS, WorkingDuty

_PARAMETERS = (
    Parameter(
        "required_pct", "%", 50, 1, 100,
        "作业时间须占时段的比例", "the share of the window that must be worked",
        "our default: the other half for refilling, dumping and the way",
    ),
    *WORK_PARAMETERS,
    KNOWN_SHARE,
)  # fmt: skip


class NotWorking(WorkingDuty):
    """At the end of each window of an assigned work road."""

    name = "not_working"
    zh = "作业时长不足"
    en = "Not working"
    measure_name = "worked_pct"
    parameters: tuple[Parameter, ...] = _PARAMETERS

    def duties(
        self, ground: Ground, version: Version, period_us: tuple[int, int]
    ) -> Iterable[Duty]:
        """One an assigned road and window."""
        return assigned_duties(ground, version, "work_road", period_us)

    def verdict(
        self,
        ground: Ground,  # noqa: ARG002
        duty: Duty,
        progress: Memory,
        known_share: float,
        parameters: dict[str, float],
    ) -> Verdict:
        """Time of which nobody knows counts as worked."""
        window_us = duty.due_us - duty.from_us
        worked_us = progress.get("worked_us", 0)
        worked_pct = 100 * worked_us / window_us
        measures = {"worked_pct": round(worked_pct, 1), "worked_min": round(worked_us / 60e6, 1)}
        enough = worked_pct + 100 * (1 - known_share) >= parameters["required_pct"]
        return Verdict(NO if enough else YES, measures=measures)

    def sentence(self, measures: dict[str, Any], language: Literal["zh", "en"]) -> str:
        """The share that was worked."""
        share = number(measures.get(self.measure_name, 0))
        if language == "zh":
            return f"作业时段内只有{share}%的时间在作业道路上作业"
        return f"worked on its road for only {share} % of the window"


register(NotWorking())
