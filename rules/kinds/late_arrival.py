"""An inspector who is seen elsewhere when the shift has begun."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

from model.rulebook import Rule
from rules.contract import NO, YES, Memory, Parameter
from rules.owed import KNOWN_SHARE, Duty, Ground, Seen, Verdict, Watched
from rules.plan import Version
from rules.registry import register
from rules.shift_duties import MINUTE_US, ShiftDuty, shift_duties
from rules.view import View
from rules.whereabouts import PLACE_PARAMETERS, PRESENT, look_whereabouts
from rules.wording import duration

_PARAMETERS = (
    Parameter(
        "late_minutes", "min", 10, 1, 240,
        "上班后超过此时长仍未到岗即为迟到", "not there so long after the shift's start is late",
        "our default: the error that check-in routes allow is of this size "
        "(http://accessfile.net/show.php?id=1664)",
    ),
    *PLACE_PARAMETERS,
    KNOWN_SHARE,
)  # fmt: skip


class LateArrival(ShiftDuty):
    """Due `late_minutes` after the start of each shift. Silence is not lateness: it is unknown."""

    name = "late_arrival"
    zh = "迟到"
    en = "Late arrival"
    measure_name = "waited_min"
    parameters: tuple[Parameter, ...] = _PARAMETERS

    def duties(
        self, ground: Ground, version: Version, period_us: tuple[int, int]
    ) -> Iterable[Duty]:
        """One a shift; a shorter shift is due at its end."""
        late_us = int(version.parameters["late_minutes"] * MINUTE_US)
        return shift_duties(
            ground, version, period_us, lambda shift: min(shift.starts_us + late_us, shift.ends_us)
        )

    def look(self, view: View, watched: Watched, rule: Rule, parameters: dict[str, float]) -> Seen:
        """At work, elsewhere or signed off."""
        return look_whereabouts(view, watched, rule, parameters)

    def fold(
        self,
        ground: Ground,  # noqa: ARG002
        duty: Duty,  # noqa: ARG002
        progress: Memory,
        steps: Sequence[tuple[int, int]],
        parameters: dict[str, float],  # noqa: ARG002
    ) -> None:
        """`arrived`: was there once."""
        if any(fact == PRESENT for _, fact in steps):
            progress["arrived"] = 1

    def verdict(
        self,
        ground: Ground,  # noqa: ARG002
        duty: Duty,
        progress: Memory,
        known_share: float,  # noqa: ARG002
        parameters: dict[str, float],  # noqa: ARG002
    ) -> Verdict:
        """Whether the inspector has been there."""
        measures = {"waited_min": round((duty.due_us - duty.from_us) / MINUTE_US, 1)}
        return Verdict(NO if progress.get("arrived") else YES, measures=measures)

    def sentence(self, measures: dict[str, Any], language: Literal["zh", "en"]) -> str:
        """How long after the start."""
        waited = duration(measures.get(self.measure_name, 0) * 60, language)
        if language == "zh":
            return f"上班{waited}后仍未到达责任网格"
        return f"not in the assigned grid {waited} after the shift's start"


register(LateArrival())
