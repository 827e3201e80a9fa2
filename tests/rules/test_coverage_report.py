"""The report of coverage: several units, together and each, by the code of the rule."""

from __future__ import annotations

import pytest

from model.fences import Fence
from rules.coverage_report import coverage
from tests.rules.kinds.city import when
from tests.rules.kinds.owing import book_of, judged
from tests.rules.kinds.test_coverage_short import BACK, ROAD, THERE, drive, hour

PERIOD = when("2026-03-02T10:00"), when("2026-03-02T11:00")


def test_it_agrees_with_the_rule() -> None:
    rows = hour(THERE, drive((1000, 250), 24, 270, 600))
    inside = rows[(rows["time_us"] >= PERIOD[0]) & (rows["time_us"] <= PERIOD[1])]
    report = coverage(ROAD, [(1, "sweeper", inside)], PERIOD, {"both_ways": 0})
    book = book_of("coverage_short", [ROAD], "work_road", {"both_ways": 0})
    (found,) = judged(book, rows)
    measures = found.verdict.measures
    assert (report.covered_pct, report.length_km) == (measures["covered_pct"], 2.0)
    assert (report.missed, report.known_share) == (measures["missed"], measures["known_share"])


def test_units_add_up() -> None:
    east, west = hour(THERE), hour(BACK)
    west["device_id"] = 2
    tracks = [(1, "sweeper", east), (2, "sweeper", west)]
    report = coverage(ROAD, tracks, PERIOD, {"both_ways": 0})
    assert report.covered_pct == pytest.approx(100, abs=3)
    assert [unit.device_id for unit in report.units] == [1, 2]
    assert [unit.covered_pct for unit in report.units] == pytest.approx([50, 50], abs=2)
    assert sum(report.passes_km) == pytest.approx(2, abs=0.01)
    again = east.copy()
    again["device_id"] = 3
    twice = coverage(ROAD, [*tracks, (3, "sweeper", again)], PERIOD, {"both_ways": 0, "passes": 2})
    assert twice.passes_km == pytest.approx((0, 1, 1), abs=0.05)
    assert twice.covered_pct == pytest.approx(50, abs=2)


def test_nobody_and_nothing() -> None:
    fence: Fence = ROAD
    empty = coverage(fence, [], PERIOD)
    assert (empty.covered_pct, empty.known_share, empty.units) == (0.0, 0.0, ())
    assert len(empty.missed["coordinates"]) == 2
    silent = coverage(fence, [(1, "sweeper", hour()[:0])], PERIOD)
    assert silent.units[0].known_share == 0.0
