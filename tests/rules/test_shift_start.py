"""The roll-call at a shift's start: unknown is not absent."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from geofence.index import FenceIndex
from model.position import Rows
from model.rulebook import Outage
from rules.shift_report import shift_reports
from rules.shift_start import Answer, answer_of
from tests.rules.kinds.patrolling import (
    ELSEWHERE,
    LOST,
    SHIFT,
    SILENT,
    START_US,
    THERE,
    book,
    morning,
)

BOOK, MINUTE_US = book("absent_in_shift"), 60_000_000
DEAF = (Outage(START_US, START_US + 240 * MINUTE_US),)


def answer(
    rows: Rows, minutes: int, outages: tuple[Outage, ...] = (), *, in_storm: bool = False
) -> Answer:
    until_us = START_US + minutes * MINUTE_US
    known = replace(BOOK, outages=outages)
    rows = rows[rows["time_us"] <= until_us]
    (report,) = shift_reports(known, FenceIndex(BOOK.fences), [SHIFT], rows, until_us)
    return answer_of(report, until_us, outages, in_storm=in_storm)


CASES = [
    ("there", morning((60, THERE)), "present", "in_time"),
    ("there after a while", morning((9, ELSEWHERE), (51, THERE)), "present", "in_time"),
    ("late", morning((20, ELSEWHERE), (40, THERE)), "late", "after"),
    ("from silence", morning((20, SILENT), (40, THERE)), "present", "when_unknown"),
    ("elsewhere", morning((60, ELSEWHERE)), "absent", "elsewhere"),
    ("nothing heard", morning((60, SILENT)), "absent", "silent"),
    ("no position", morning((60, LOST)), "unknown", "no_position"),
    ("heard a little", morning((5, ELSEWHERE), (55, SILENT)), "unknown", "heard_little"),
]


@pytest.mark.parametrize(
    ("name", "rows", "standing", "reason"), CASES, ids=[case[0] for case in CASES]
)
def test_half_an_hour_after_the_start(name: str, rows: Rows, standing: str, reason: str) -> None:
    found = answer(rows, 30)
    assert (found.standing, found.reason) == (standing, reason), name


def test_nobody_is_absent_before_it_would_be_late() -> None:
    assert answer(morning((60, SILENT)), 9) == Answer("expected", "not_due")
    assert answer(morning((60, SILENT)), 10) == Answer("absent", "silent")


def test_who_came_stays_so_and_says_when() -> None:
    found = answer(morning((20, ELSEWHERE), (1, THERE), (39, SILENT)), 50)
    assert found == Answer("late", "after", START_US + 21 * MINUTE_US)


def test_silence_of_many_or_of_ourselves_accuses_nobody() -> None:
    silent = morning((60, SILENT))
    assert answer(silent, 30, in_storm=True) == Answer("unknown", "storm")
    assert answer(silent, 30, DEAF) == Answer("unknown", "outage")
    assert answer(morning((60, ELSEWHERE)), 30, in_storm=True).reason == "elsewhere"
