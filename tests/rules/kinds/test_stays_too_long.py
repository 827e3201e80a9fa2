"""Case table of stays_too_long: a fix each half minute from ten on, on duty from nine to noon."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.fences import Shift
from model.position import FixSource
from model.signals import NO
from rules.registry import kinds_by_name
from tests.rules.kinds.city import City, Fix, rows_of, square, when
from tests.rules.kinds.trail import every, follow, random_rows, words

SHIFT = Shift(device_id=1, starts_us=when("2026-03-02T09:00"), ends_us=when("2026-03-02T12:00"))
CITY = City([square(1, 5_000, 0, 100, tags=("rest",))], shifts=[SHIFT])
OFF_DUTY = City(shifts=[])
HERE, NEAR, OUTLIER = Fix(accuracy=8), Fix(40, 0, accuracy=8), Fix(400, 0, accuracy=8)


def seen(*runs: tuple[int, Fix]) -> list[Fix]:
    return every(30, [fix for count, fix in runs for _ in range(count)])


def walk(count: int) -> list[Fix]:
    return every(30, [Fix(35.0 * i, 0, accuracy=8) for i in range(count)])


CASES = [
    ("stays", seen((1, HERE), (80, NEAR)), ["yes", "yes"]),
    ("first fix of a stay", seen((1, HERE)), ["no"]),
    ("one outlier", seen((20, HERE), (1, OUTLIER), (2, HERE)), ["yes", "hold", "yes", "yes"]),
    ("goes on", seen((20, HERE), (3, OUTLIER)), ["yes", "hold", "hold", "no"]),
    ("poor fix", seen((20, HERE), (1, Fix(accuracy=500))), ["unknown: poor_gnss"]),
    ("no position", seen((20, HERE), (1, Fix(source=FixSource.NONE))), ["unknown: no_position"]),
    ("resting", seen((40, Fix(5_000, 0, accuracy=8))), ["no", "no"]),
    ("signed off", seen((40, Fix(accuracy=8, signals={"on_duty": NO}))), ["no", "no"]),
]


@pytest.mark.parametrize(("name", "fixes", "expected"), CASES, ids=[case[0] for case in CASES])
def test_case(name: str, fixes: list[Fix], expected: list[str]) -> None:
    """`expected`: the words for the last fixes."""
    assert words(CITY, "stays_too_long", fixes)[-len(expected) :] == expected


def test_a_walk_never_holds_for_long() -> None:
    said = words(CITY, "stays_too_long", walk(60))
    assert max(map(len, "".join(word[0] for word in said).split("n"))) <= 5


def test_off_duty_nobody_is_judged() -> None:
    assert set(words(OFF_DUTY, "stays_too_long", seen((60, HERE)))) == {"no"}


def test_a_gap_begins_another_stay_and_the_measure_is_the_stay() -> None:
    fixes = [*seen((20, HERE)), Fix(accuracy=8, time="2026-03-02T10:40:00")]
    assert words(CITY, "stays_too_long", fixes)[-1] == "no"
    measures = follow(CITY, "stays_too_long", rows_of(seen((61, HERE))))[1]
    assert measures[-1] == 30


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.lists(st.integers(0, 80), max_size=6))
def test_no_cut_changes_anything(seed: int, cuts: list[int]) -> None:
    rows = random_rows(seed, 80, [(0, 0), (40, 0), (400, 0), (5_000, 0)], [{}, {"on_duty": NO}])
    assert follow(CITY, "stays_too_long", rows, cuts) == follow(CITY, "stays_too_long", rows)


def test_sentences() -> None:
    kind = kinds_by_name()["stays_too_long"]
    assert kind.sentence({"duration_s": 2_400.0}, "zh") == "在岗时滞留一处，持续40分"
    assert kind.sentence({"stayed_min": 40.0}, "en") == "on duty in one place for 40 min"
