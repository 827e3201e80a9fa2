"""Case table of forbidden_area: a closed square of 200 m, and one that is only a district."""

from __future__ import annotations

import pytest

from model.position import FixSource
from model.signals import NO, YES
from rules.registry import kinds_by_name
from tests.rules.kinds.city import City, Fix, daily, square, when

CITY = City([
    square(1, 0, 0, 100, tags=("no_go",)),
    square(2, 1000, 0, 100, tags=("district",)),
])  # fmt: skip

CASES = [
    ("driving inside", Fix(), "yes"),
    ("standing inside", Fix(speed=0), "yes"),
    ("at the edge", Fix(x_m=99), "yes"),
    ("speed unknown", Fix(speed=None), "yes"),
    ("just outside", Fix(x_m=101), "no"),
    ("in another fence", Fix(x_m=1000), "no"),
    ("no position", Fix(source=FixSource.NONE), "unknown: no_position"),
    ("vague position", Fix(accuracy=51), "unknown: poor_gnss"),
    ("by cell tower", Fix(source=FixSource.LBS), "unknown: poor_gnss"),
]


@pytest.mark.parametrize(("name", "fix", "expected"), CASES, ids=[case[0] for case in CASES])
def test_case(name: str, fix: Fix, expected: str) -> None:
    assert CITY.verdict("forbidden_area", fix) == expected


def test_a_rules_own_fences_replace_the_tag() -> None:
    assert CITY.verdict("forbidden_area", Fix(), fence_ids=(2,)) == "no"
    assert CITY.verdict("forbidden_area", Fix(x_m=1000), fence_ids=(2,)) == "yes"
    assert CITY.verdict("forbidden_area", Fix(x_m=1000), fence_tags=("district",)) == "yes"


def test_the_schedule_holds_the_forbidden_windows_across_midnight() -> None:
    times = {"T19:59": "no", "T20:00": "yes", "T23:59": "yes", "T05:59": "yes", "T06:00": "no"}
    for time, expected in times.items():
        fix = Fix(time=f"2026-03-03{time}")
        assert CITY.verdict("forbidden_area", fix, schedule=daily((20, 6))) == expected, time


def test_the_area_counts_while_it_is_in_force() -> None:
    city = City([square(1, 0, 0, 100, tags=("no_go",), valid_to_us=when("2026-03-03T00:00"))])
    assert city.verdict("forbidden_area", Fix(time="2026-03-02T23:59")) == "yes"
    assert city.verdict("forbidden_area", Fix(time="2026-03-03T00:00")) == "no"


def test_a_city_without_such_areas_leaves_nothing_open() -> None:
    assert City().verdict("forbidden_area", Fix(source=FixSource.NONE)) == "no"


def test_moving_and_loaded_only_when_asked() -> None:
    moving, loaded = {"moving_kmh": 5.0}, {"only_loaded": 1.0}
    assert CITY.verdict("forbidden_area", Fix(speed=4), parameters=moving) == "no"
    assert CITY.verdict("forbidden_area", Fix(speed=5), parameters=moving) == "yes"
    assert CITY.verdict("forbidden_area", Fix(speed=None), parameters=moving) == (
        "unknown: speed_unknown"
    )
    full, empty = Fix(signals={"loaded": YES}), Fix(signals={"loaded": NO})
    assert CITY.verdict("forbidden_area", full, parameters=loaded) == "yes"
    assert CITY.verdict("forbidden_area", empty, parameters=loaded) == "no"
    assert CITY.verdict("forbidden_area", Fix(), parameters=loaded) == "unknown: signal_unknown"


def test_sentence() -> None:
    kind = kinds_by_name()["forbidden_area"]
    measures = {"max_speed_kmh": 31.0, "duration_s": 600.0}
    assert kind.sentence(measures, "zh") == "进入禁行区域，最高31 km/h，持续10分"
    assert kind.sentence(measures, "en") == "in a forbidden area, up to 31 km/h for 10 min"
