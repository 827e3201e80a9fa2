"""A sweeper or water truck that has not begun to work on its road in time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from rules.assigned_duties import assigned_duties
from rules.contract import NO, YES, Memory, Parameter
from rules.owed import KNOWN_SHARE, Duty, Ground, Verdict
from rules.plan import Version
from rules.registry import register
from rules.wording import duration
from rules.working import WORK_PARAMETERS, WorkingDuty

_MINUTE_US = 60_000_000
_PARAMETERS = (
    Parameter(
        "late_minutes", "min", 30, 1, 1_440,
        "时段开始后超过此时长仍未作业即为迟到", "no work so long after the window's start is late",
        "our default: vendors' plans name late starts and set no number "
        "(http://bubsandbeans.com/paper/330537749.html)",
    ),
    Parameter(
        "work_s", "s", 60, 0, 3_600,
        "作业满此时长才算开始", "work of this length is a start",
        "our default: longer than a test of the pump in the yard",
    ),
    *WORK_PARAMETERS,
    KNOWN_SHARE,
)  # fmt: skip


class LateStart(WorkingDuty):
    """Due `late_minutes` after the start of each window of an assigned work road."""

    name = "late_start"
    zh = "未按时作业"
    en = "Late start"
    measure_name = "waited_min"
    parameters: tuple[Parameter, ...] = _PARAMETERS

    def duties(
        self, ground: Ground, version: Version, period_us: tuple[int, int]
    ) -> Iterable[Duty]:
        """One an assigned road and window; a shorter window is due at its end."""
        late_us = int(version.parameters["late_minutes"] * _MINUTE_US)
        return assigned_duties(
            ground, version, "work_road", period_us, lambda start, end: min(start + late_us, end)
        )

    def verdict(
        self,
        ground: Ground,  # noqa: ARG002
        duty: Duty,
        progress: Memory,
        known_share: float,  # noqa: ARG002
        parameters: dict[str, float],
    ) -> Verdict:
        """Whether it has worked long enough to have begun."""
        worked_s = progress.get("worked_us", 0) / 1e6
        waited_min = (duty.due_us - duty.from_us) / _MINUTE_US
        measures = {"waited_min": round(waited_min, 1), "worked_s": worked_s}
        return Verdict(NO if worked_s >= parameters["work_s"] else YES, measures=measures)

    def sentence(self, measures: dict[str, Any], language: Literal["zh", "en"]) -> str:
        """How long nothing was done."""
        waited = duration(measures.get(self.measure_name, 0) * 60, language)
        if language == "zh":
            return f"作业时段开始{waited}后仍未在作业道路上作业"
        return f"no work on its road {waited} after the window's start"


register(LateStart())
