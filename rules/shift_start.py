"""The roll-call of a shift: who has come, who came late, who is absent, and of whom nobody knows.

By the thresholds that late_arrival and absent_in_shift have by default. Unknown is not absent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from model.rulebook import Outage
from rules.shift_report import ShiftReport, thresholds
from rules.silence import deaf_us

Standing = Literal["present", "late", "absent", "unknown", "on_leave", "expected"]
Reason = Literal[
    "in_time", "after", "when_unknown", "leave", "not_due", "silent", "elsewhere", "no_position",
    "heard_little", "outage", "storm",
]  # fmt: skip
_SECOND_US = 1_000_000


@dataclass(frozen=True, slots=True)
class Answer:
    """What the roll-call says of one person, and why. `came_us`: 0, never."""

    standing: Standing
    reason: Reason
    came_us: int = 0


def came(first_us: int, late: bool | None) -> Answer:
    """Of somebody who has been there; `late` None: who came when nobody could see."""
    if late is None:
        return Answer("present", "when_unknown", first_us)
    return Answer("late", "after", first_us) if late else Answer("present", "in_time", first_us)


def answer_of(
    report: ShiftReport, until_us: int, outages: Sequence[Outage], *, in_storm: bool
) -> Answer:
    """By the shift's fixes until then. `in_storm`: the handset was lost together with many."""
    if report.first_us:
        return came(report.first_us, report.late)
    limits, starts_us = thresholds(), report.shift.starts_us
    passed_us = min(until_us, report.shift.ends_us) - starts_us
    away_us = report.away_s * _SECOND_US
    deaf = deaf_us(outages, starts_us, starts_us + passed_us)
    known_share = limits["min_known_share"]
    # The first that holds.
    verdicts: tuple[tuple[bool, Standing, Reason], ...] = (
        (passed_us < limits["late_minutes"] * 60 * _SECOND_US, "expected", "not_due"),
        (away_us >= known_share * passed_us, "absent", "elsewhere"),
        (report.fixes > 0, "unknown", "heard_little"),
        (report.doubted, "unknown", "no_position"),
        (in_storm, "unknown", "storm"),
        (deaf > (1 - known_share) * passed_us, "unknown", "outage"),
        (True, "absent", "silent"),
    )
    return next(Answer(standing, reason) for holds, standing, reason in verdicts if holds)
