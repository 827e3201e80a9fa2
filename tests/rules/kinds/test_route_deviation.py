"""Case table of route_deviation: a corridor of 20 m either side along the x axis, 10 km long.

It has a vertex at the centre: a line straight in degrees is 1 m off a straight one at mid-way.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from model.fences import Window
from model.position import FixSource
from model.signals import NO, YES
from rules.registry import kinds_by_name
from tests.rules.kinds.city import City, Fix, assign, corridor, square, when

ROUTE = corridor(1, [(-5000, 0), (0, 0), (5000, 0)], 20)
SITE = square(2, 0, 400, 100, tags=("site",))
CITY = City([ROUTE, SITE], [assign(1, "corridor")])
FULL = {"loaded": YES}

CASES = [
    # breaking: edge at 20 m, 50 m allowed beyond it, 10 m assumed accuracy
    ("far off", Fix(y_m=200, signals=FULL), "yes"),
    ("just off", Fix(y_m=81, signals=FULL), "yes"),
    ("half loaded counts", Fix(y_m=200, signals={"loaded": 3}), "yes"),
    ("accurate and just off", Fix(y_m=73, accuracy=2, signals=FULL), "yes"),
    ("beyond the end of the route", Fix(x_m=5100, signals=FULL), "yes"),
    ("far off by cell tower", Fix(y_m=9000, source=FixSource.LBS, signals=FULL), "yes"),
    # nearly
    ("within accuracy of off", Fix(y_m=79, signals=FULL), "hold"),
    ("in the band", Fix(y_m=60, signals=FULL), "hold"),
    ("off, but the fix is vague", Fix(y_m=150, accuracy=95, signals=FULL), "hold"),
    # innocent
    ("on the line", Fix(signals=FULL), "no"),
    ("just inside return", Fix(y_m=49, signals=FULL), "no"),
    ("off but empty", Fix(y_m=200, signals={"loaded": NO}), "no"),
    ("inside the site", Fix(y_m=400, signals=FULL), "no"),
    ("no corridor assigned", Fix(y_m=200, device=9, signals=FULL), "no"),
    ("lost, but empty", Fix(source=FixSource.NONE, signals={"loaded": NO}), "no"),
    # unknown
    ("load unknown", Fix(y_m=200), "unknown: signal_unknown"),
    ("no position", Fix(source=FixSource.NONE, signals=FULL), "unknown: no_position"),
    ("cell tower near", Fix(y_m=200, source=FixSource.LBS, signals=FULL), "unknown: poor_gnss"),
]


@pytest.mark.parametrize(("name", "fix", "expected"), CASES, ids=[case[0] for case in CASES])
def test_case(name: str, fix: Fix, expected: str) -> None:
    assert CITY.verdict("route_deviation", fix) == expected


def test_all_cases_in_one_batch_give_the_same() -> None:
    fixes = [replace(fix, device=i + 1) for i, (_, fix, _) in enumerate(CASES)]
    assigned = [assign(1, "corridor", i + 1) for i, case in enumerate(CASES) if case[1].device == 1]
    column = City([ROUTE, SITE], assigned).judge("route_deviation", fixes)
    words = {"yes": 1, "no": 0, "hold": 2}
    expected = [words.get(case[2], -1) for case in CASES]
    assert column.value.tolist() == expected


def test_measure_and_fence_are_the_nearest_corridors() -> None:
    city = City(
        [ROUTE, corridor(3, [(-5000, 1000), (0, 1000), (5000, 1000)], 20)],
        [assign(1, "corridor"), assign(3, "corridor")],
    )
    column = city.judge("route_deviation", [Fix(y_m=700, signals=FULL)])
    assert column.value.tolist() == [1]
    assert column.fence.tolist() == [1]
    assert column.measure[0] == pytest.approx(280, abs=0.3)


def test_empty_trucks_are_judged_when_asked() -> None:
    for fix in (Fix(y_m=200, signals={"loaded": NO}), Fix(y_m=200)):
        assert CITY.verdict("route_deviation", fix, parameters={"only_loaded": 0.0}) == "yes"


def test_assignment_counts_in_its_period_and_windows_only() -> None:
    evening = (Window((1,), 18 * 60, 2 * 60),)
    city = City([ROUTE], [
        assign(1, "corridor", valid_to_us=when("2026-03-10T00:00"), windows=evening),
    ])  # fmt: skip
    times = {
        "2026-03-02T10:00": "no",  # Monday before the window
        "2026-03-02T18:00": "yes",
        "2026-03-03T01:59": "yes",  # Tuesday, still Monday's window
        "2026-03-03T02:00": "no",
        "2026-03-09T23:59": "yes",
        "2026-03-10T01:00": "no",  # the assignment has ended
    }
    for time, expected in times.items():
        fix = Fix(y_m=500, time=time, signals=FULL)
        assert city.verdict("route_deviation", fix) == expected, time


def test_the_corridor_in_force_at_the_fix_time_counts() -> None:
    moved_us = when("2026-03-05T00:00")
    city = City(
        [
            corridor(1, [(-5000, 0), (0, 0), (5000, 0)], 20, valid_to_us=moved_us),
            corridor(
                1, [(-5000, 800), (0, 800), (5000, 800)], 20, version=2, valid_from_us=moved_us
            ),
        ],
        [assign(1, "corridor")],
    )
    before, after = "2026-03-04T12:00", "2026-03-05T12:00"
    assert city.verdict("route_deviation", Fix(time=before, signals=FULL)) == "no"
    assert city.verdict("route_deviation", Fix(time=after, signals=FULL)) == "yes"
    assert city.verdict("route_deviation", Fix(y_m=800, time=after, signals=FULL)) == "no"


def test_a_schedule_of_the_rule_limits_it() -> None:
    from tests.rules.kinds.city import daily

    fix = Fix(y_m=500, signals=FULL)
    assert CITY.verdict("route_deviation", fix, schedule=daily((8, 12))) == "yes"
    assert CITY.verdict("route_deviation", fix, schedule=daily((12, 8))) == "no"


def test_sentence() -> None:
    kind = kinds_by_name()["route_deviation"]
    measures = {"max_distance_m": 312.4, "duration_s": 3900.0, "unknown_s": 60.0, "fixes": 200}
    assert kind.sentence(measures, "zh") == (
        "偏离规定线路，最远偏离312米，持续1小时5分（其中1分无法判断）"
    )
    assert kind.sentence(measures, "en") == (
        "off the approved route, up to 312 m away for 1 h 5 min (1 min of it not known)"
    )


def test_nothing_to_judge() -> None:
    column = City().judge("route_deviation", [])
    assert column.value.tolist() == []
    assert np.isnan(City().judge("route_deviation", [Fix()]).measure).all()
