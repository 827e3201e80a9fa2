"""Case table of forbidden_area: a closed square of 200 m, and one that is only a district."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from model.position import FixSource
from model.signals import NO, YES
from rules.engine import Engine
from rules.registry import kinds_by_name
from rules.state import DeviceState
from tests.rules.kinds.city import WORDS, City, Fix, daily, rows_of, square, when
from tests.rules.kinds.owing import book_of

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


def through(gap_s: int = 10, **more: Any) -> list[str]:
    """The words for a fix 200 m before the square and one as far behind it."""
    fixes = [
        Fix(x_m=-300, time="2026-03-02T10:00:00"),
        Fix(x_m=300, time=f"2026-03-02T10:0{gap_s // 60}:{gap_s % 60:02}", **more),
    ]
    column = CITY.judge("forbidden_area", fixes, {"max_crossing_s": 60.0})
    return [WORDS[value] for value in column.value.tolist()]


def test_an_area_crossed_between_two_fixes_is_seen_when_asked() -> None:
    assert through() == ["no", "yes"]
    assert through(gap_s=60) == ["no", "yes"]
    assert through(gap_s=61) == ["no", "no"]
    assert through(y_m=700) == ["no", "no"], "the line passes it by"
    assert through(accuracy=80) == ["no", "unknown"]
    fixes = [Fix(x_m=-300), Fix(x_m=300, time="2026-03-02T10:00:10")]
    assert CITY.judge("forbidden_area", fixes).value.tolist() == [0, 0]


@pytest.mark.parametrize("cut", [False, True])
def test_a_crossing_is_a_violation_however_the_fixes_are_cut(cut: bool) -> None:
    parameters = {"max_crossing_s": 60.0, "min_duration_s": 0.0, "clear_s": 0.0}
    book = book_of("forbidden_area", CITY.fences, [], parameters, unit="muck_truck")
    rows = rows_of(
        [Fix(x_m=x, time=f"2026-03-02T10:00:{s}") for s, x in [(10, -300), (20, 300), (30, 600)]]
    )
    engine, states = Engine(book, kinds_by_name()), dict[int, DeviceState]()
    found = []
    for part in np.split(rows, [1, 2] if cut else []):
        found += engine.advance(states, part)
    assert {(f.kind, f.fence_id, f.ended_us) for f in found if f.ended_us} == {
        ("forbidden_area", 1, int(rows["time_us"][1]))
    }


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
