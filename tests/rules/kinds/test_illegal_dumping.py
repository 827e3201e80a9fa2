"""Case table of illegal_dumping: what a truck may do at the dump, and what it may not on the road.

A dump 200 m wide at 1,000 m east; 50 m of margin, 10 m of accuracy; a fix every 15 s.
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.position import FixSource
from model.signals import NO, YES
from rules.registry import kinds_by_name
from tests.rules.kinds.city import City, Fix, daily, rows_of, square, when
from tests.rules.kinds.trail import every, follow, random_rows, words

CITY = City([
    square(1, 1000, 0, 100, tags=("dump",)),
    square(2, 0, 2000, 100, tags=("parking",)),
])  # fmt: skip
FULL = {"loaded": YES, "body_raised": NO}
EMPTY = {"loaded": NO, "body_raised": NO}
UP = {"loaded": YES, "body_raised": YES}
UP_EMPTY = {"loaded": NO, "body_raised": YES}
BLIND_UP = {"body_raised": YES}


def trail(*runs: tuple[int, dict[str, int]], **more: object) -> list[Fix]:
    """Runs of (how many fixes, signals) at one place."""
    place = {"speed": 2} | more
    return every(15, [Fix(signals=said, **place) for count, said in runs for _ in range(count)])


def yes_at(fixes: list[Fix], **more: object) -> list[int]:
    return [i for i, w in enumerate(words(CITY, "illegal_dumping", fixes, **more)) if w == "yes"]


BREAKING = [
    ("raised with a load", trail((4, FULL), (4, UP)), [6, 7]),
    ("raised, load sensor empties at once", trail((4, FULL), (4, UP_EMPTY)), [6]),
    ("load vanished", trail((4, FULL), (4, EMPTY)), [6]),
    ("load vanished, body not reported", trail((4, {"loaded": YES}), (4, {"loaded": NO})), [6]),
    ("just outside the margin", trail((4, FULL), (4, EMPTY), x_m=839), [6]),
]
INNOCENT = [
    ("full", trail((12, FULL))),
    ("empty", trail((12, EMPTY))),
    ("raised empty", trail((6, EMPTY), (6, UP_EMPTY))),
    ("at the dump", trail((4, FULL), (4, UP), (4, UP_EMPTY), (4, EMPTY), x_m=1000)),
    ("before its gate", trail((4, FULL), (4, UP), (4, EMPTY), x_m=841)),
    ("at the parking", trail((4, FULL), (4, UP), (4, FULL), y_m=2000)),
    ("a flap of the load sensor", trail((4, FULL), (2, EMPTY), (4, FULL), (2, EMPTY), (2, FULL))),
    ("two raised fixes", trail((4, FULL), (2, UP), (4, FULL))),
    (
        "raised at the dump, between outliers",
        every(
            15,
            [
                *[Fix(1000, signals=FULL)] * 4,
                *[Fix(x_m, signals=UP) for x_m in (0, 0, 1000, 0, 0, 1000)],
                *[Fix(1000, signals=EMPTY)] * 4,
            ],
        ),
    ),
    ("never surely full", trail((2, FULL), (8, EMPTY))),
]


@pytest.mark.parametrize(
    ("name", "fixes", "expected"), BREAKING, ids=[case[0] for case in BREAKING]
)
def test_breaking(name: str, fixes: list[Fix], expected: list[int]) -> None:
    assert yes_at(fixes) == expected


@pytest.mark.parametrize(("name", "fixes"), INNOCENT, ids=[case[0] for case in INNOCENT])
def test_innocent(name: str, fixes: list[Fix]) -> None:
    assert not {"yes"} & set(words(CITY, "illegal_dumping", fixes))
    assert "unknown" not in "".join(words(CITY, "illegal_dumping", fixes))


def test_what_was_tipped_at_the_dump_is_over() -> None:
    """Shaking out an empty body on the road after a lawful tipping is no dumping."""
    fixes = every(15, [
        *[Fix(1000, signals=UP) for _ in range(4)],
        *[Fix(1000, signals=UP_EMPTY) for _ in range(4)],
        *[Fix(0, signals=UP_EMPTY) for _ in range(6)],
    ])  # fmt: skip
    assert yes_at(fixes) == []


def test_one_empty_fix_at_a_permitted_place_acquits() -> None:
    away = [Fix(0, signals=FULL)] * 4
    at_dump, on_road = [Fix(1000, signals=EMPTY)], [Fix(0, signals=EMPTY)]
    assert yes_at(every(15, away + at_dump + on_road * 4)) == []
    assert yes_at(every(15, away + on_road + at_dump * 4)) == []
    assert yes_at(every(15, away + on_road * 4)) == [6]


def test_nothing_is_assumed_across_a_silence() -> None:
    fixes = trail((4, FULL), (5, EMPTY))
    for fix in fixes[4:]:
        fix.time = fix.time.replace("T10:", "T11:")
    assert yes_at(fixes) == []


def test_what_nobody_can_judge() -> None:
    assert words(CITY, "illegal_dumping", trail((1, {}))) == ["unknown: signal_unknown"]
    assert words(CITY, "illegal_dumping", trail((1, BLIND_UP))) == ["unknown: signal_unknown"]
    lost = trail((4, FULL)) + trail((3, EMPTY), source=FixSource.NONE)
    lost = every(15, lost)
    assert words(CITY, "illegal_dumping", lost)[-1] == "unknown: no_position"
    vague = every(15, trail((4, FULL)) + trail((2, UP), accuracy=150))
    assert words(CITY, "illegal_dumping", vague)[-1] == "unknown: poor_gnss"
    assert words(CITY, "illegal_dumping", trail((2, {}), x_m=1000)) == ["no", "no"]


def test_permitted_places_are_the_rules_own_when_it_names_some() -> None:
    fixes = trail((4, FULL), (4, UP), x_m=1000)
    assert yes_at(fixes, fence_tags=("parking",)) == [6, 7]
    assert yes_at(fixes, fence_ids=(1,)) == []
    parked = trail((4, FULL), (4, UP), y_m=2000)
    assert yes_at(parked, parameters={"parking_permitted": 0.0}) == [6, 7]


def test_a_dump_counts_while_it_is_in_force() -> None:
    closed_us = when("2026-03-02T10:01")
    city = City([square(1, 1000, 0, 100, tags=("dump",), valid_to_us=closed_us)])
    fixes = trail((4, FULL), (4, UP), x_m=1000)
    assert words(city, "illegal_dumping", fixes)[4:] == ["hold", "hold", "yes", "yes"]


def test_a_schedule_limits_the_rule_but_not_its_memory() -> None:
    fixes = trail((4, FULL), (4, UP))
    assert yes_at(fixes, schedule=daily((20, 6))) == []
    assert yes_at(fixes, schedule=daily((8, 12))) == [6, 7]


def test_a_truck_that_needs_no_memory_has_none() -> None:
    for fixes in (trail((4, EMPTY)), trail((4, FULL), (8, EMPTY)), trail((3, UP), (4, {}))[:0]):
        state = follow(CITY, "illegal_dumping", rows_of(fixes))[3]
        assert b"full" not in state


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.lists(st.integers(1, 79), max_size=8))
def test_any_cut_gives_the_same(seed: int, cuts: list[int]) -> None:
    places = [(0, 0), (1000, 0), (860, 0), (0, 2000)]
    rows = random_rows(seed, 80, places, [FULL, FULL, EMPTY, UP, UP_EMPTY, BLIND_UP, {}])
    whole = follow(CITY, "illegal_dumping", rows)
    assert follow(CITY, "illegal_dumping", rows, cuts) == whole


def test_the_random_trails_say_everything() -> None:
    """Agreeing about nothing would prove nothing."""
    said: set[str] = set()
    for seed in range(20):
        rows = random_rows(seed, 80, [(0, 0), (1000, 0)], [FULL, EMPTY, UP, UP_EMPTY, {}])
        said |= set(follow(CITY, "illegal_dumping", rows)[0])
    assert said >= {"yes", "no", "hold", "unknown: signal_unknown", "unknown: no_position"}


def test_sentence() -> None:
    kind = kinds_by_name()["illegal_dumping"]
    measures = {"max_speed_kmh": 2.0, "duration_s": 95.0}
    assert kind.sentence(measures, "zh") == "在许可场所外倾倒，持续1分35秒"
    assert kind.sentence(measures, "en") == "dumping outside every permitted place for 1 min 35 s"
    assert kind.sentence({"duration_s": 0.0}, "en") == "dumping outside every permitted place"


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 5))
def test_fix_by_fix_gives_the_same_as_whole(seed: int, hold_fixes: int) -> None:
    """Single fixes mostly take the short way, whole trails never do."""
    rows = random_rows(seed, 60, [(0, 0), (1000, 0)], [FULL, FULL, FULL, EMPTY, EMPTY, UP])
    hold = {"hold_fixes": float(hold_fixes)}
    whole = follow(CITY, "illegal_dumping", rows, parameters=hold)
    assert follow(CITY, "illegal_dumping", rows, range(60), parameters=hold) == whole
