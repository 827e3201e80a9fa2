"""An inspector who goes, or signs off, well before the shift ends."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

from model.rulebook import Rule
from rules.contract import NO, UNKNOWN, YES, Memory, Parameter
from rules.owed import KNOWN_SHARE, Duty, Ground, Seen, Verdict, Watched
from rules.plan import Version
from rules.registry import register
from rules.shift_duties import MINUTE_US, ShiftDuty, shift_duties
from rules.view import View
from rules.whereabouts import PLACE_PARAMETERS, PRESENT, SIGNED_OFF, look_whereabouts
from rules.wording import duration

_PARAMETERS = (
    Parameter(
        "early_minutes", "min", 15, 1, 240,
        "下班前早于此时长离岗且未返回即为早退",
        "gone, and not back, so long before the shift's end is early",
        "our default: no public source sets it; the way back to the office is shorter",
    ),
    *PLACE_PARAMETERS,
    KNOWN_SHARE,
)  # fmt: skip


class LeftEarly(ShiftDuty):
    """Judges the time from the last fix at work to the end: known only if the handset was heard
    elsewhere, or signed off. It judges by itself how much it knows: `unheard`."""

    name = "left_early"
    zh = "早退"
    en = "Left early"
    measure_name = "early_min"
    parameters: tuple[Parameter, ...] = _PARAMETERS
    unheard = True

    def duties(
        self, ground: Ground, version: Version, period_us: tuple[int, int]
    ) -> Iterable[Duty]:
        """One a shift, due at its end."""
        return shift_duties(ground, version, period_us)

    def look(self, view: View, watched: Watched, rule: Rule, parameters: dict[str, float]) -> Seen:
        """At work, elsewhere or signed off."""
        return look_whereabouts(view, watched, rule, parameters)

    def fold(
        self,
        ground: Ground,  # noqa: ARG002
        duty: Duty,  # noqa: ARG002
        progress: Memory,
        steps: Sequence[tuple[int, int]],
        parameters: dict[str, float],
    ) -> None:
        """`came`; since it was last there: `gone_us` from when, `known_us` how much of it is known,
        `off` whether it has signed off."""
        seen_us, max_gap_us = progress["seen_us"], parameters["max_gap_s"] * 1_000_000
        for time_us, fact in steps:
            if fact == PRESENT:
                progress.update(came=1, gone_us=0, known_us=0, off=0)
            elif not progress.get("gone_us"):
                progress.update(gone_us=time_us, known_us=0)
            elif time_us - seen_us <= max_gap_us:
                progress["known_us"] += time_us - seen_us
            if fact != PRESENT:
                progress["off"] = int(fact == SIGNED_OFF)
            seen_us = time_us

    def verdict(
        self,
        ground: Ground,  # noqa: ARG002
        duty: Duty,
        progress: Memory,
        known_share: float,  # noqa: ARG002
        parameters: dict[str, float],
    ) -> Verdict:
        """Who never came has not left: absence is another rule's. Who is silent is unknown."""
        rest_us = duty.due_us - progress.get("seen_us", 0)
        near = rest_us <= parameters["max_gap_s"] * 1_000_000
        gone_us = progress.get("gone_us", 0)
        if not gone_us:
            done = near and progress.get("came")
            return Verdict(NO) if done else Verdict(UNKNOWN, progress.get("doubt") or "not_heard")
        early_us = duty.due_us - gone_us
        measures = {"early_min": round(early_us / MINUTE_US, 1), "signed_off": progress["off"]}
        if not progress.get("came") or early_us < parameters["early_minutes"] * MINUTE_US:
            return Verdict(NO, measures=measures)
        known_us = progress["known_us"] + (rest_us if near or progress["off"] else 0)
        if known_us < parameters["min_known_share"] * early_us:
            return Verdict(UNKNOWN, progress.get("doubt") or "not_heard", measures)
        return Verdict(YES, measures=measures)

    def sentence(self, measures: dict[str, Any], language: Literal["zh", "en"]) -> str:
        """How long before the end, and whether by signing off."""
        early = duration(measures.get(self.measure_name, 0) * 60, language)
        if language == "zh":
            return f"下班前{early}{'签退' if measures.get('signed_off') else '离岗'}"
        how = "signed off" if measures.get("signed_off") else "left the grid"
        return f"{how} {early} before the shift's end"


register(LeftEarly())
