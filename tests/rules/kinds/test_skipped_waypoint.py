"""Case table of skipped_waypoint: a route 4 km east with waypoints at 1, 2 and 3 km."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.fences import Waypoint, Window
from model.position import FixSource
from rules.registry import kinds_by_name
from tests.rules.kinds.city import EVERY_DAY, City, Fix, assign, at, fence, rows_of
from tests.rules.kinds.trail import every, follow, random_rows, words

LINE = {"type": "LineString", "coordinates": [at(0, 0), at(4000, 0)]}
POINTS = tuple(
    Waypoint(name=str(x), longitude=at(x, y)[0], latitude=at(x, y)[1], radius_m=50)
    for x, y in [(1000, 0), (2000, 30), (3000, 0)]
)
ROUTE = fence(1, "route", LINE, half_width_m=30, waypoints=POINTS)
CITY = City([ROUTE], [assign(1, "route")])


def path(*legs: tuple[float, float], step_m: float = 140) -> list[Fix]:
    """Straight legs between places at 50 km/h, a fix each 10 s."""
    fixes = []
    for (x1, y1), (x2, y2) in pairwise(legs):
        count = max(int(np.hypot(x2 - x1, y2 - y1) / step_m), 1)
        fixes += [Fix(x1 + (x2 - x1) * i / count, y1 + (y2 - y1) * i / count) for i in range(count)]
    return every(10, [*fixes, Fix(*legs[-1])])


WHOLE = path((0, 0), (4000, 0))
AROUND_ONE = path((0, 0), (1500, 0), (1500, 400), (2500, 400), (2500, 0), (4000, 0))
AROUND_TWO = path((0, 0), (500, 0), (500, 400), (2500, 400), (2500, 0), (4000, 0))


def skipped(fixes: list[Fix], city: City = CITY, **more: object) -> list[float]:
    """The number of waypoints at each fix that shows some skipped."""
    said, measures, fences, _ = follow(city, "skipped_waypoint", rows_of(fixes), **more)  # type: ignore[arg-type]
    assert set(said) <= {"yes", "no"}
    assert {f for f, word in zip(fences, said, strict=True) if word == "yes"} <= {0}
    return [m for m, word in zip(measures, said, strict=True) if word == "yes"]


CASES = [
    ("the whole route", WHOLE, []),
    ("between two fixes", path((0, 0), (4000, 0), step_m=390), []),
    ("around the second", AROUND_ONE, [1]),
    ("around two of them", AROUND_TWO, [2]),
    ("joined behind the first", path((1300, 0), (4000, 0)), []),
    ("turned round before it", path((0, 0), (900, 0), (0, 0)), []),
    ("back and again, now around it", [*WHOLE, *AROUND_ONE], [1]),
    ("within its radius, off the route", path(
        (0, 0), (1900, 0), (2000, 75), (2100, 0), (4000, 0)
    ), []),
    ("an outlier beyond it", [*WHOLE[:4], Fix(2600), *WHOLE[4:]], []),
    ("not on the route at all", path((0, 500), (4000, 500)), []),
]  # fmt: skip


@pytest.mark.parametrize(("name", "fixes", "found"), CASES, ids=[case[0] for case in CASES])
def test_case(name: str, fixes: list[Fix], found: list[float]) -> None:
    assert skipped(every(10, fixes)) == found


def test_who_did_not_come_far_beyond_it_may_still_turn_to_it() -> None:
    fixes = path((0, 0), (800, 0), (800, 200), (1120, 200), (1060, 0), (1000, 0), (4000, 0))
    assert skipped(fixes) == []


def test_long_away_it_begins_anew() -> None:
    rows = rows_of(AROUND_ONE)
    rows["time_us"][14:] += 4_000_000_000
    assert "yes" not in follow(CITY, "skipped_waypoint", rows)[0]


def test_what_nobody_saw_is_no_straight_line() -> None:
    """After a long gap only the place itself counts: it may have met the waypoint, or not."""
    fixes = path((0, 0), (1500, 0), (2500, 0), (4000, 0))
    rows = rows_of(fixes)
    keep = (np.arange(len(rows)) < 11) | (np.arange(len(rows)) > 18)
    assert skipped([fix for fix, k in zip(fixes, keep, strict=True) if k]) == []
    late = rows[keep]
    late["time_us"][11:] += 600_000_000
    assert follow(CITY, "skipped_waypoint", late)[0].count("yes") == 1


def test_unusable_fixes_prove_nothing() -> None:
    fixes = [Fix(f.x_m, f.y_m, source=FixSource.NONE) for f in AROUND_ONE]
    assert skipped(every(10, fixes)) == []


def test_only_in_the_windows_of_the_assignment_and_for_either_purpose() -> None:
    assert skipped(AROUND_ONE, City([ROUTE], [assign(1, "corridor")])) == [1]
    night = (Window(EVERY_DAY, 1200, 360),)
    assert skipped(AROUND_ONE, City([ROUTE], [assign(1, "route", windows=night)])) == []
    assert skipped(AROUND_ONE, City([ROUTE])) == []
    plain = fence(1, "route", LINE, half_width_m=30)
    assert skipped(AROUND_ONE, City([plain], [assign(1, "route")])) == []


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.lists(st.integers(1, 79), max_size=8))
def test_any_cut_gives_the_same(seed: int, cuts: list[int]) -> None:
    places = [(0, 0), (900, 0), (1000, 20), (1200, 0), (2000, 300), (2500, 0), (3500, 0)]
    rows = random_rows(seed, 80, places, [{}])
    windows = tuple(Window(EVERY_DAY, 600 + m, 604 + m) for m in (0, 7, 12, 20))
    for city in (CITY, City([ROUTE], [assign(1, "route", windows=windows)])):
        whole = follow(city, "skipped_waypoint", rows)
        assert follow(city, "skipped_waypoint", rows, cuts) == whole


def test_the_random_trails_say_everything() -> None:
    """Agreeing about nothing would prove nothing."""
    rows = random_rows(3, 400, [(0, 0), (900, 0), (1200, 0), (2500, 0), (3500, 0)], [{}])
    assert "yes" in follow(CITY, "skipped_waypoint", rows)[0]
    assert "no" in words(CITY, "skipped_waypoint", WHOLE)


def test_sentence() -> None:
    kind = kinds_by_name()["skipped_waypoint"]
    measures = {"skipped_points": 2.0, "duration_s": 0.0}
    assert kind.sentence(measures, "zh") == "漏经途经点，共2个"
    assert kind.sentence(measures, "en") == "passed waypoints by, 2 of them"
