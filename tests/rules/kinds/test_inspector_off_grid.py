"""Case table of inspector_off_grid: a cell of 200 m either side, duty from 08:00 to 16:00."""

from __future__ import annotations

from dataclasses import replace

import pytest

from model.fences import Shift
from model.position import FixSource
from rules.registry import kinds_by_name
from tests.rules.kinds.city import City, Fix, assign, square, when

CELLS = [square(1, 0, 0, 200, tags=("grid",)), square(2, 2000, 0, 200, tags=("grid",))]


def shift(device_id: int = 1) -> Shift:
    return Shift(
        device_id=device_id,
        starts_us=when("2026-03-02T08:00"),
        ends_us=when("2026-03-02T16:00"),
    )


CITY = City(CELLS, [assign(1, "grid"), assign(2, "grid")], [shift()])

CASES = [
    ("far away", Fix(y_m=800), "yes"),
    ("just outside", Fix(y_m=273), "yes"),  # 200 + 50 + 20 assumed
    ("just outside, accurate", Fix(y_m=258, accuracy=5), "yes"),
    ("far away by wifi", Fix(y_m=800, source=FixSource.WIFI), "yes"),
    ("first minute of duty", Fix(y_m=800, time="2026-03-02T08:00"), "yes"),
    ("nearly outside", Fix(y_m=267), "hold"),
    ("outside, vague", Fix(y_m=340, accuracy=100), "hold"),
    ("inside", Fix(), "no"),
    ("inside the other cell", Fix(x_m=2000), "no"),
    ("at the edge", Fix(y_m=215), "no"),
    ("before duty", Fix(y_m=800, time="2026-03-02T07:59"), "no"),
    ("after duty", Fix(y_m=800, time="2026-03-02T16:00"), "no"),
    ("no cell assigned", Fix(y_m=800, device=7), "no"),
    ("off duty without position", Fix(source=FixSource.NONE, time="2026-03-02T20:00"), "no"),
    ("no position", Fix(source=FixSource.NONE), "unknown: poor_gnss"),
    ("too vague", Fix(y_m=800, accuracy=101), "unknown: poor_gnss"),
    ("cell tower", Fix(y_m=800, source=FixSource.LBS), "unknown: poor_gnss"),
]


@pytest.mark.parametrize(("name", "fix", "expected"), CASES, ids=[case[0] for case in CASES])
def test_case(name: str, fix: Fix, expected: str) -> None:
    assert CITY.verdict("inspector_off_grid", fix) == expected


def test_all_cases_in_one_batch_give_the_same() -> None:
    own = [i for i, case in enumerate(CASES, 1) if case[1].device == 1]
    city = City(
        CELLS,
        [assign(cell, "grid", i) for i in own for cell in (1, 2)],
        [shift(i) for i in range(1, len(CASES) + 1)],
    )
    fixes = [replace(case[1], device=i) for i, case in enumerate(CASES, 1)]
    column = city.judge("inspector_off_grid", fixes)
    words = {"yes": 1, "no": 0, "hold": 2}
    assert column.value.tolist() == [words.get(case[2], -1) for case in CASES]


def test_distance_is_from_the_nearest_cell() -> None:
    column = CITY.judge("inspector_off_grid", [Fix(x_m=1500)])
    assert column.fence.tolist() == [1]
    assert column.measure[0] == pytest.approx(300, abs=0.3)


def test_sentence() -> None:
    kind = kinds_by_name()["inspector_off_grid"]
    measures = {"max_distance_m": 640.0, "duration_s": 725.0}
    assert kind.sentence(measures, "zh") == "在岗时离开责任网格，最远640米，持续12分5秒"
    assert kind.sentence(measures, "en") == (
        "on duty outside the grid, up to 640 m away for 12 min 5 s"
    )
