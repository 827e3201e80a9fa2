"""Case table of unwashed_exit: a site 200 m wide, a wash bay at its east gate, a fix every 15 s."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.position import FixSource
from model.signals import NO, YES
from rules.registry import kinds_by_name
from tests.rules.kinds.city import City, Fix, daily, rows_of, square, when
from tests.rules.kinds.trail import every, follow, random_rows, words

SITE = square(1, 0, 0, 100, tags=("site",))
BAY = square(2, 115, 0, 15, tags=("wash_bay",))
FAR_SITE = square(3, 3000, 0, 100, tags=("site",))
CITY = City([SITE, BAY, FAR_SITE])
WORK = (12, Fix(speed=0))
WASH = (5, Fix(115, speed=0))
ROAD = (7, Fix(400, speed=30))
FULL, EMPTY = {"loaded": YES}, {"loaded": NO}


def trail(*runs: tuple[int, Fix]) -> list[Fix]:
    return every(15, [fix for count, fix in runs for _ in range(count)])


BREAKING = [
    ("straight out", trail(WORK, ROAD)),
    ("through the bay without a stop", trail(WORK, (2, Fix(115, speed=15)), ROAD)),
    ("a stop too short", trail(WORK, (3, Fix(115, speed=0)), ROAD)),
    ("a stop before the bay", trail(WORK, (8, Fix(150, speed=0)), ROAD)),
    ("washed before it was loaded", trail(
        (2, Fix(signals=EMPTY)), (5, Fix(115, speed=0, signals=EMPTY)),
        (6, Fix(speed=0, signals=EMPTY)), (6, Fix(speed=0, signals=FULL)), ROAD,
    )),
    ("without one position on the way", trail(WORK, (2, Fix(source=FixSource.NONE)), ROAD)),
]  # fmt: skip
INNOCENT = [
    ("washed", trail(WORK, WASH, ROAD)),
    ("washed rolling slowly", trail(WORK, (4, Fix(115, speed=5)), ROAD)),
    ("washed after it was loaded", trail(
        (6, Fix(speed=0, signals=EMPTY)), (6, Fix(speed=0, signals=FULL)), WASH, ROAD,
    )),
    ("still inside", trail(WORK, WORK)),
    ("at the gate", trail(WORK, (8, Fix(190, speed=0)))),
    ("an outlier", trail(WORK, (1, Fix(900)), WORK)),
    ("a row of outliers", trail(WORK, (4, Fix(900, speed=0)), WORK)),
    ("washed while the receiver wandered", trail(
        WORK, (2, Fix(115, speed=0)), (3, Fix(135, speed=0)), (1, Fix(115, speed=0)), ROAD,
    )),
    ("an outlier that states no accuracy by cell", trail(
        WORK, (6, Fix(900, source=FixSource.LBS)), WORK
    )),
    ("only driven past", trail((8, Fix(speed=30)), ROAD)),
    ("a site without a bay", trail((12, Fix(3000, speed=0)), ROAD)),
    ("back before it was away for long", trail(WORK, (2, Fix(400)), WORK)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "fixes"), BREAKING, ids=[case[0] for case in BREAKING])
def test_breaking(name: str, fixes: list[Fix]) -> None:
    """At the sixth fix on the road: away for 75 s."""
    said = words(CITY, "unwashed_exit", fixes)
    assert [i for i, word in enumerate(said) if word == "yes"] == [len(fixes) - 2]
    assert set(said) == {"yes", "no"}


@pytest.mark.parametrize(("name", "fixes"), INNOCENT, ids=[case[0] for case in INNOCENT])
def test_innocent(name: str, fixes: list[Fix]) -> None:
    assert set(words(CITY, "unwashed_exit", fixes)) == {"no"}


def test_who_may_have_washed_unseen_is_not_accused() -> None:
    rows = rows_of(trail(WORK, ROAD))
    rows["time_us"][12:] += 600_000_000
    assert follow(CITY, "unwashed_exit", rows)[0][-2] == "unknown: gap"
    rows = rows_of(trail((6, Fix(signals=EMPTY)), (2, Fix(signals=FULL)), ROAD))
    rows["time_us"][6:] += 600_000_000  # loaded, and perhaps washed, while nobody saw it
    assert follow(CITY, "unwashed_exit", rows)[0][-2] == "unknown: gap"
    no_speed = trail(WORK, (3, Fix(115, speed=None)), ROAD)
    assert words(CITY, "unwashed_exit", no_speed)[-2] == "unknown: gap"


def test_the_finding_names_the_site_and_how_long_it_stayed() -> None:
    _, measures, fences, _ = follow(CITY, "unwashed_exit", rows_of(trail(WORK, ROAD)))
    assert fences[-2] == 0
    assert measures[-2] == 2.75


def test_every_visit_counts_by_itself() -> None:
    said = words(CITY, "unwashed_exit", trail(WORK, ROAD, WORK, WASH, ROAD, WORK, ROAD))
    assert said.count("yes") == 2


def test_a_bay_counts_while_it_is_in_force() -> None:
    later = square(2, 115, 0, 15, tags=("wash_bay",), valid_from_us=when("2026-03-03T00:00"))
    assert "yes" not in words(City([SITE, later]), "unwashed_exit", trail(WORK, ROAD))


def test_sites_schedule_and_reach_are_the_rules() -> None:
    fixes = trail(WORK, ROAD)
    assert "yes" in words(CITY, "unwashed_exit", fixes, fence_ids=(1,))
    assert "yes" not in words(CITY, "unwashed_exit", fixes, fence_ids=(3,))
    assert "yes" not in words(CITY, "unwashed_exit", fixes, schedule=daily((20, 6)))
    near_only = {"bay_within_m": 10.0}
    assert "yes" not in words(CITY, "unwashed_exit", fixes, parameters=near_only)


def test_a_city_without_sites_or_bays_judges_nobody() -> None:
    for city in (City(), City([SITE]), City([BAY])):
        assert set(words(city, "unwashed_exit", trail(WORK, ROAD))) == {"no"}


def test_a_truck_on_the_road_has_no_memory() -> None:
    for fixes in (trail(WORK, ROAD), trail(WORK, WASH, ROAD), trail(ROAD)):
        assert b"seen_us" not in follow(CITY, "unwashed_exit", rows_of(fixes))[3]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.lists(st.integers(1, 79), max_size=8))
def test_any_cut_gives_the_same(seed: int, cuts: list[int]) -> None:
    places = [(0, 0), (0, 50), (115, 0), (190, 0), (400, 0)]
    rows = random_rows(seed, 80, places, [{}, FULL, EMPTY])
    whole = follow(CITY, "unwashed_exit", rows)
    assert follow(CITY, "unwashed_exit", rows, cuts) == whole


def test_the_random_trails_say_everything() -> None:
    """Agreeing about nothing would prove nothing."""
    said: set[str] = set()
    for seed in range(40):
        rows = random_rows(seed, 80, [(0, 0), (115, 0), (400, 0)], [{}])
        said |= set(follow(CITY, "unwashed_exit", rows)[0])
    assert said == {"yes", "no", "unknown: gap"}


def test_sentence() -> None:
    kind = kinds_by_name()["unwashed_exit"]
    measures = {"visit_min": 42.0, "duration_s": 0.0}
    assert kind.sentence(measures, "zh") == "出工地未冲洗，场内停留42分钟"
    assert kind.sentence(measures, "en") == "left the site unwashed, after 42 min there"
