"""Case table of wrong_direction: an eastbound corridor, a bend, and a road that returns."""

from __future__ import annotations

import pytest

from model.position import FixSource
from model.signals import NO, YES
from rules.registry import kinds_by_name
from tests.rules.kinds.city import City, Fix, assign, corridor, daily, square

EAST = corridor(1, [(-2000, 0), (2000, 0)], 15)
CITY = City([EAST], [assign(1, "corridor")])
FULL = {"loaded": YES}


def fix(course: int, **more: object) -> Fix:
    return Fix(course=course, **({"signals": FULL} | more))


CASES = [
    ("against it", fix(270), "yes"),
    ("against it at an angle", fix(226), "yes"),
    ("slowest judged speed", fix(270, speed=10), "yes"),
    ("across", fix(200), "hold"),
    ("with it", fix(90), "no"),
    ("changing lanes", fix(130), "no"),
    ("north by north-east", fix(1), "no"),
    ("manoeuvring", fix(270, speed=9.9), "no"),
    ("beside the corridor", fix(270, y_m=30), "no"),
    ("empty on its way back", fix(270, signals={"loaded": NO}), "no"),
    ("no corridor assigned", fix(270, device=4), "no"),
    ("lost, no corridor assigned", fix(270, device=4, source=FixSource.NONE), "no"),
    ("course unknown", fix(-1), "unknown: course_unknown"),
    ("load unknown", fix(270, signals={}), "unknown: signal_unknown"),
    ("speed unknown", fix(270, speed=None), "unknown: speed_unknown"),
    ("no position", fix(270, source=FixSource.NONE), "unknown: no_position"),
    ("vague position", fix(270, accuracy=31), "unknown: poor_gnss"),
]


@pytest.mark.parametrize(("name", "given", "expected"), CASES, ids=[case[0] for case in CASES])
def test_case(name: str, given: Fix, expected: str) -> None:
    assert CITY.verdict("wrong_direction", given) == expected


def test_the_empty_run_is_judged_when_asked() -> None:
    empty = fix(270, signals={"loaded": NO})
    assert CITY.verdict("wrong_direction", empty, parameters={"only_loaded": 0.0}) == "yes"


def test_one_way_roads_bind_everyone_whatever_the_load() -> None:
    city = City([corridor(5, [(0, -500), (0, 500)], 8, tags=("one_way",))])
    south = fix(180, signals={})
    assert city.verdict("wrong_direction", south, fence_tags=("one_way",)) == "yes"
    assert city.verdict("wrong_direction", fix(0, signals={}), fence_ids=(5,)) == "no"
    assert city.verdict("wrong_direction", fix(180, x_m=9), fence_ids=(5,)) == "no"


def test_where_one_way_roads_meet_the_one_that_agrees_decides() -> None:
    city = City([
        corridor(1, [(-500, 0), (500, 0)], 8), corridor(2, [(500, 0), (-500, 0)], 8),
    ])  # fmt: skip
    column = city.judge("wrong_direction", [fix(270)], fence_ids=(1, 2))
    assert column.value.tolist() == [0]
    assert column.fence.tolist() == [1]


def test_a_route_that_returns_on_the_same_road_accuses_nobody() -> None:
    city = City([corridor(1, [(0, 0), (1000, 0), (0, 3)], 10)], [assign(1, "corridor")])
    for course in (90, 270):
        assert city.verdict("wrong_direction", fix(course, x_m=500)) == "no"


def test_the_direction_is_that_of_the_piece_driven_on() -> None:
    city = City(
        [corridor(1, [(-1000, 0), (0, 0), (0, 1000)], 15)], [assign(1, "corridor")]
    )  # east, then north
    assert city.verdict("wrong_direction", fix(0, y_m=500)) == "no"
    assert city.verdict("wrong_direction", fix(180, y_m=500)) == "yes"
    assert city.verdict("wrong_direction", fix(270, x_m=-500)) == "yes"
    assert city.verdict("wrong_direction", fix(45, x_m=-3, y_m=3)) == "no"


def test_an_area_has_no_direction() -> None:
    city = City([square(1, 0, 0, 500)])
    assert city.verdict("wrong_direction", fix(270), fence_ids=(1,)) == "unknown: no_line"


def test_a_schedule_limits_the_rule() -> None:
    assert CITY.verdict("wrong_direction", fix(270), schedule=daily((20, 6))) == "no"


def test_sentence() -> None:
    kind = kinds_by_name()["wrong_direction"]
    measures = {"max_speed_kmh": 33.0, "duration_s": 40.0}
    assert kind.sentence(measures, "zh") == "逆向行驶，最高33 km/h，持续40秒"
    assert kind.sentence(measures, "en") == (
        "driving in the wrong direction, up to 33 km/h for 40 s"
    )
