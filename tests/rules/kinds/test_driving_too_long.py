"""Case table of driving_too_long: 4 h at the wheel, 20 min of rest, a fix a minute."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.position import FixSource
from rules.registry import kinds_by_name
from tests.rules.kinds.city import City, Fix, daily, rows_of
from tests.rules.kinds.trail import every, follow, random_rows, words

CITY = City()
DRIVING, STANDING = Fix(speed=30), Fix(speed=0)
LOST = Fix(speed=30, source=FixSource.NONE)


def minutes(*runs: tuple[int, Fix]) -> list[Fix]:
    return every(60, [fix for count, fix in runs for _ in range(count)])


CASES = [
    ("just over", minutes((241, DRIVING)), ["yes"]),
    ("just under", minutes((240, DRIVING)), ["no"]),
    ("a rest too short", minutes((120, DRIVING), (18, STANDING), (103, DRIVING)), ["yes"]),
    ("a rest", minutes((120, DRIVING), (19, STANDING), (200, DRIVING)), ["no"]),
    ("a silence too short to rest", minutes((200, DRIVING), (18, LOST), (23, DRIVING)), ["yes"]),
    ("a silence long enough", minutes((200, DRIVING), (19, LOST), (60, DRIVING)), ["no"]),
    ("at a red light", minutes((241, DRIVING), (1, STANDING)), ["yes", "hold"]),
    ("resting at last", minutes((241, DRIVING), (20, STANDING)), ["hold", "no"]),
    ("speed unknown", minutes((241, DRIVING), (1, Fix(speed=None))), ["unknown: speed_unknown"]),
    ("no position", minutes((241, DRIVING), (1, LOST)), ["unknown: no_position"]),
]


@pytest.mark.parametrize(("name", "fixes", "expected"), CASES, ids=[case[0] for case in CASES])
def test_case(name: str, fixes: list[Fix], expected: list[str]) -> None:
    """`expected`: the words for the last fixes."""
    assert words(CITY, "driving_too_long", fixes)[-len(expected) :] == expected


def test_the_measure_is_the_whole_drive() -> None:
    measures = follow(CITY, "driving_too_long", rows_of(minutes((256, DRIVING))))[1]
    assert measures[-1] == 255
    assert measures[239] == -1  # nothing to measure yet


def test_limits_are_the_rules() -> None:
    fixes = minutes((61, DRIVING), (5, STANDING), (2, DRIVING))
    short = {"drive_hours": 1.0, "rest_minutes": 5.0}
    assert words(CITY, "driving_too_long", fixes, parameters=short)[60:] == [
        "yes", "hold", "hold", "hold", "hold", "no", "no", "no",
    ]  # fmt: skip
    assert "yes" not in words(
        CITY, "driving_too_long", fixes, parameters=short, schedule=daily((20, 6))
    )


def test_a_rested_vehicle_has_no_memory() -> None:
    state = follow(CITY, "driving_too_long", rows_of(minutes((30, DRIVING), (20, STANDING))))[3]
    assert b"since_us" not in state


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.lists(st.integers(1, 79), max_size=8))
def test_any_cut_gives_the_same(seed: int, cuts: list[int]) -> None:
    rows = random_rows(seed, 80, [(0, 0)], [{}])
    short = {"drive_hours": 0.5, "rest_minutes": 3.0}
    whole = follow(CITY, "driving_too_long", rows, parameters=short)
    assert follow(CITY, "driving_too_long", rows, cuts, parameters=short) == whole


def test_the_random_trails_say_everything() -> None:
    """Agreeing about nothing would prove nothing."""
    said: set[str] = set()
    short = {"drive_hours": 0.5, "rest_minutes": 10.0}
    for seed in range(20):
        rows = random_rows(seed, 80, [(0, 0)], [{}])
        said |= set(follow(CITY, "driving_too_long", rows, parameters=short)[0])
    assert said >= {"yes", "no", "hold", "unknown: speed_unknown"}


def test_sentence() -> None:
    kind = kinds_by_name()["driving_too_long"]
    measures = {"driving_min": 312.0, "duration_s": 4_320.0}
    assert kind.sentence(measures, "zh") == "连续驾驶5小时12分未休息"
    assert kind.sentence(measures, "en") == "driving for 5 h 12 min without a rest"
