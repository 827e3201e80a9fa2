"""An inspector who was not at work in a whole shift."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

from model.rulebook import Rule
from rules.contract import NO, UNKNOWN, YES, Memory, Parameter
from rules.owed import KNOWN_SHARE, Duty, Ground, Seen, Verdict, Watched
from rules.plan import Version
from rules.registry import register
from rules.shift_duties import MINUTE_US, ShiftDuty, shift_duties
from rules.silence import deaf_us
from rules.view import View
from rules.whereabouts import PLACE_PARAMETERS, PRESENT, look_whereabouts
from rules.wording import duration

_PARAMETERS = (
    Parameter(
        "least_minutes", "min", 30, 1, 720,
        "整个班次在岗时长不足此值（短班不足一半）即为缺勤",
        "at work for less than this of the whole shift (half of a short one) is absent",
        "our default: no public source sets it",
    ),
    Parameter(
        "silence_counts", "0/1", 1, 0, 1,
        "整班毫无上报：1 视为缺勤，0 视为未知",
        "a whole shift without any report: 1 is absence, 0 is unknown",
        "our default: state logic of patrol systems calls shift time with the handset off absent "
        "(http://soujianzhu.cn/Norm/JzzyXq.aspx?id=181)",
    ),
    *PLACE_PARAMETERS,
    KNOWN_SHARE,
)  # fmt: skip


class AbsentInShift(ShiftDuty):
    """Absent: heard elsewhere for the whole shift, or not heard of at all while the server was
    listening. A handset that says that it has no position, or is heard in part only, is unknown."""

    name = "absent_in_shift"
    zh = "缺勤"
    en = "Absent in shift"
    measure_name = "present_min"
    parameters: tuple[Parameter, ...] = _PARAMETERS
    unheard = True
    storm = "silence"  # of many inspectors at once the network is to blame (rules.storms)

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
        duty: Duty,
        progress: Memory,
        steps: Sequence[tuple[int, int]],
        parameters: dict[str, float],
    ) -> None:
        """`present_us`: the time before each fix at work that is near enough to the one before."""
        seen_us = progress["seen_us"] or duty.from_us
        max_gap_us = parameters["max_gap_s"] * 1_000_000
        for time_us, fact in steps:
            if fact == PRESENT and time_us - seen_us <= max_gap_us:
                progress["present_us"] = progress.get("present_us", 0) + time_us - seen_us
            seen_us = time_us

    def verdict(
        self,
        ground: Ground,
        duty: Duty,
        progress: Memory,
        known_share: float,
        parameters: dict[str, float],
    ) -> Verdict:
        """Unknown is neither absent nor present."""
        shift_us = duty.due_us - duty.from_us
        present_us = progress.get("present_us", 0)
        measures = {"present_min": round(present_us / MINUTE_US, 1), "heard": int(known_share > 0)}
        if present_us >= min(parameters["least_minutes"] * MINUTE_US, shift_us / 2):
            return Verdict(NO, measures=measures)
        heard = bool(progress.get("seen_us") or progress.get("doubt"))
        if heard and known_share < parameters["min_known_share"]:
            return Verdict(UNKNOWN, progress.get("doubt") or "not_heard", measures)
        if not heard and not parameters["silence_counts"]:
            return Verdict(UNKNOWN, "not_heard", measures)
        deaf = deaf_us(ground.rulebook.outages, duty.from_us, duty.due_us)
        if not heard and deaf > (1 - parameters["min_known_share"]) * shift_us:
            return Verdict(UNKNOWN, "outage", measures)
        return Verdict(YES, measures=measures)

    def sentence(self, measures: dict[str, Any], language: Literal["zh", "en"]) -> str:
        """How long it was there, and whether it was heard of."""
        minutes = measures.get(self.measure_name, 0)
        there = duration(minutes * 60, language)
        silent = measures.get("heard") == 0
        if language == "zh":
            return "整班未上报" if silent else f"整班在岗仅{there}，其余时间在责任网格之外"
        if silent:
            return "nothing heard of in the whole shift"
        return f"at work for only {there} of the shift, elsewhere for the rest"


register(AbsentInShift())
