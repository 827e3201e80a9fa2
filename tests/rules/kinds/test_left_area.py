"""Case table of left_area: an assigned square of 1 km, and a dump beyond it."""

from __future__ import annotations

import pytest

from model.fences import Window
from model.position import FixSource
from rules.registry import kinds_by_name
from tests.rules.kinds.city import EVERY_DAY, City, Fix, assign, daily, square

AREA, DUMP = square(1, 0, 0, 500), square(2, 2000, 0, 100, tags=("dump",))
CITY = City([AREA, DUMP], [assign(1, "working_area")])

CASES = [
    ("far outside", Fix(x_m=1000), "yes"),
    ("just outside", Fix(x_m=561), "yes"),
    ("accurate and just outside", Fix(x_m=553, accuracy=2), "yes"),
    ("standing outside", Fix(x_m=1000, speed=0), "yes"),
    ("within accuracy of outside", Fix(x_m=559), "hold"),
    ("in the band", Fix(x_m=525), "hold"),
    ("just inside return", Fix(x_m=519), "no"),
    ("inside", Fix(), "no"),
    ("at the dump", Fix(x_m=2000), "no"),
    ("nothing assigned", Fix(x_m=1000, device=7), "no"),
    ("lost, nothing assigned", Fix(source=FixSource.NONE, device=7), "no"),
    ("no position", Fix(source=FixSource.NONE), "unknown: no_position"),
    ("by cell tower", Fix(x_m=9000, source=FixSource.LBS), "unknown: poor_gnss"),
]


@pytest.mark.parametrize(("name", "fix", "expected"), CASES, ids=[case[0] for case in CASES])
def test_case(name: str, fix: Fix, expected: str) -> None:
    assert CITY.verdict("left_area", fix) == expected


def test_any_of_several_areas_will_do_and_the_nearest_is_the_findings() -> None:
    city = City(
        [AREA, square(3, 1200, 0, 100)], [assign(1, "working_area"), assign(3, "working_area")]
    )
    assert city.verdict("left_area", Fix(x_m=1200)) == "no"
    column = city.judge("left_area", [Fix(x_m=950)])
    assert column.value.tolist() == [1]
    assert column.fence.tolist() == [1]
    assert column.measure[0] == pytest.approx(150, abs=0.5)


def test_only_in_the_assignments_windows_and_the_rules() -> None:
    morning = (Window(EVERY_DAY, 5 * 60, 9 * 60),)
    city = City([AREA], [assign(1, "working_area", windows=morning)])
    assert city.verdict("left_area", Fix(x_m=1000, time="2026-03-02T08:59")) == "yes"
    assert city.verdict("left_area", Fix(x_m=1000, time="2026-03-02T09:00")) == "no"
    assert CITY.verdict("left_area", Fix(x_m=1000), schedule=daily((20, 6))) == "no"


def test_sentence() -> None:
    kind = kinds_by_name()["left_area"]
    measures = {"max_distance_m": 812.0, "duration_s": 600.0}
    assert kind.sentence(measures, "zh") == "离开责任区域，最远812米，持续10分"
    assert kind.sentence(measures, "en") == "outside the assigned area, up to 812 m away for 10 min"
