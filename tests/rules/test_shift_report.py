"""What a shift was, by its fixes: the attendance table agrees with the rules."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from geofence.index import FenceIndex
from model.position import Rows
from model.rulebook import Outage
from rules.shift_report import ShiftReport, shift_reports
from tests.rules.kinds.patrolling import (
    ELSEWHERE,
    END_US,
    LOST,
    OFF,
    SHIFT,
    SILENT,
    START_US,
    THERE,
    book,
    morning,
)

BOOK = book("absent_in_shift")
NIGHT_US = END_US + 8 * 3_600_000_000


def report(rows: Rows, now_us: int = NIGHT_US, outages: tuple[Outage, ...] = ()) -> ShiftReport:
    (found,) = shift_reports(
        replace(BOOK, outages=outages), FenceIndex(BOOK.fences), [SHIFT], rows, now_us
    )
    return found


CASES = [
    ("there", morning((240, THERE)), "present", False, False),
    ("late", morning((60, ELSEWHERE), (180, THERE)), "present", True, False),
    ("left early", morning((180, THERE), (60, ELSEWHERE)), "present", False, True),
    ("signed off early", morning((180, THERE), (1, OFF), (59, SILENT)), "present", False, True),
    ("came from silence", morning((60, SILENT), (180, THERE)), "present", None, False),
    ("went silent", morning((180, THERE), (60, SILENT)), "present", False, None),
    ("elsewhere", morning((240, ELSEWHERE)), "absent", None, None),
    ("silent", morning((240, SILENT)), "absent", None, None),
    ("no position", morning((240, LOST)), "unknown", None, None),
    ("heard in part", morning((60, ELSEWHERE), (180, SILENT)), "unknown", None, None),
]


@pytest.mark.parametrize(
    ("name", "rows", "state", "late", "early"), CASES, ids=[c[0] for c in CASES]
)
def test_case(name: str, rows: Rows, state: str, late: bool | None, early: bool | None) -> None:
    found = report(rows)
    assert (found.state, found.late, found.left_early) == (state, late, early)
    assert found.present_s + found.away_s + found.unknown_s == 4 * 3_600


def test_times_and_visits() -> None:
    found = report(morning((60, ELSEWHERE), (90, THERE), (60, ELSEWHERE), (30, THERE)))
    assert (found.present_s, found.away_s, found.unknown_s) == (7_200, 7_200, 0)
    assert found.first_us == START_US + 61 * 60_000_000
    (visit,) = found.visits
    assert (visit.fence_id, visit.visits, visit.seconds) == (1, 2, (89 + 28) * 60)
    assert (found.cells, found.cells_visited) == (1, 1)
    assert found.walked_m == pytest.approx(2_700, rel=0.01)


def test_a_shift_that_runs() -> None:
    half_us = START_US + 2 * 3_600_000_000
    found = report(morning((120, THERE)), half_us)
    assert (found.state, found.left_early, found.present_s) == ("running", None, 7_200)


def test_while_the_server_was_deaf() -> None:
    found = report(morning((240, SILENT)), outages=(Outage(START_US, END_US),))
    assert found.state == "unknown"
