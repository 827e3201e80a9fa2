"""A registered vehicle that was seen on the road while its terminal said nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from model.vehicles import VEHICLES
from rules.contract import NO, UNKNOWN, YES, Family, Memory, Parameter
from rules.owed import Duty, Ground, Verdict
from rules.registry import register
from rules.sighting_duties import (
    MAX_WINDOW_S,
    MIN_CONFIDENCE,
    SECOND_US,
    Sighted,
    measures_of,
    place_of,
)

_PARAMETERS = (
    Parameter(
        "silent_minutes", "min", 10, 1, MAX_WINDOW_S / 60,
        "目击前后此时长内终端均无上报", "no report for so long before and after the sighting",
        "our default: platforms call a terminal offline after about 10 minutes",
    ),
    MIN_CONFIDENCE,
)  # fmt: skip


class TerminalSilentSeen(Sighted):
    """Any report counts, with a position or without; late reports withdraw the finding."""

    name = "terminal_silent_seen"
    family: Family = "conduct"
    zh = "上路终端失联"
    en = "Seen with a silent terminal"
    measure_name = "silent_min"
    vehicle_kinds: tuple[str, ...] = VEHICLES
    parameters: tuple[Parameter, ...] = _PARAMETERS

    def window_us(self, parameters: dict[str, float]) -> tuple[int, int]:
        """As long after as before."""
        window_us = int(60 * parameters["silent_minutes"]) * SECOND_US
        return window_us, window_us

    def fold(
        self,
        ground: Ground,  # noqa: ARG002
        duty: Duty,  # noqa: ARG002
        progress: Memory,
        steps: Sequence[tuple[int, Any]],
        parameters: dict[str, float],  # noqa: ARG002
    ) -> None:
        """`spoke`: something was heard."""
        if steps:
            progress["spoke"] = 1

    def verdict(
        self,
        ground: Ground,
        duty: Duty,
        progress: Memory,
        known_share: float,  # noqa: ARG002
        parameters: dict[str, float],
    ) -> Verdict:
        """UNKNOWN where the server itself was not listening."""
        seen = duty.about
        if progress.get("spoke"):
            return Verdict(NO)
        outages = ground.rulebook.outages
        if any(o.from_us < duty.due_us and o.to_us > duty.from_us for o in outages):
            return Verdict(UNKNOWN, "outage")
        measures = measures_of(seen) | {self.measure_name: 2 * parameters["silent_minutes"]}
        return Verdict(YES, measures=measures, where=place_of(seen))

    def sentence(self, measures: dict[str, Any], language: Literal["zh", "en"]) -> str:
        """What happened, in words."""
        minutes = measures.get(self.measure_name, 0)
        if language == "zh":
            return f"上路被拍到，前后共{minutes:g}分钟终端无上报"
        return f"seen on the road while its terminal was silent for {minutes:g} min around"


register(TerminalSilentSeen())
