"""Case table of patrol_short: cells of 200 m in a row, a fix a minute."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from geofence.geodesy import ground_distance_m
from model.position import Rows
from rules.registry import kinds_by_name
from rules.walked import metres_apart
from tests.rules.kinds.city import Fix, square
from tests.rules.kinds.owing import verdicts, word
from tests.rules.kinds.patrolling import LOST, OFF, SILENT, THERE, book, morning

CELLS = [square(1 + place, 200 * place, 0, 100, tags=("grid",)) for place in range(5)]
BOOK = book("patrol_short", fences=CELLS)


def walking(minutes: int, step_m: float, farthest_m: float = 800) -> Rows:
    """To and fro between the first cell and `farthest_m` east of it."""
    way = np.arange(minutes) * step_m
    places = farthest_m - np.abs(way % (2 * farthest_m) - farthest_m)
    return morning(*((1, Fix(float(x), 0, speed=4, accuracy=8)) for x in places))


CASES = [
    ("the whole round", walking(240, 60), "no"),
    ("too short a way", walking(240, 10), "yes"),
    ("too few cells", walking(240, 60, 300), "yes"),
    ("at rest, drifting", morning(*((1, replace(THERE, x_m=x)) for x in [0, 12] * 120)), "yes"),
    ("ridden", walking(240, 800), "yes"),
    ("half of it unheard", morning((100, THERE), (140, SILENT)), "unknown: not_heard"),
    ("no position", morning((240, LOST)), "unknown: no_position"),
    ("signed off", morning((240, OFF)), "yes"),
]


@pytest.mark.parametrize(("name", "rows", "said"), CASES, ids=[c[0] for c in CASES])
def test_case(name: str, rows: Rows, said: str) -> None:
    assert word(BOOK, rows) == said


def test_what_is_measured() -> None:
    ((_, full),) = verdicts(BOOK, walking(240, 60))
    assert full["walked_m"] == pytest.approx(239 * 60, rel=0.05)  # corners are cut at the turns
    assert (full["cells_visited"], full["cells"], full["cells_share"]) == (5, 5, 1.0)
    ((_, rest),) = verdicts(BOOK, morning(*((1, replace(THERE, x_m=x)) for x in [0, 12] * 120)))
    assert rest["walked_m"] == 0


def test_a_quota_of_nothing_is_not_judged() -> None:
    free = book("patrol_short", {"min_km": 0, "min_cells_share": 0}, fences=CELLS)
    assert word(free, walking(240, 10)) == "no"
    far = book("patrol_short", {"min_cells_share": 0.2}, fences=CELLS)
    assert word(far, walking(240, 60, 300)) == "no"


def test_sentences() -> None:
    kind = kinds_by_name()["patrol_short"]
    measures = {"walked_m": 1234.0, "cells": 5, "cells_visited": 3}
    assert kind.sentence(measures, "zh") == "本班次巡查1234米，到访责任网格3/5个"
    assert kind.sentence(measures, "en") == "walked 1234 m in the shift, 3 of 5 assigned cells"


def test_metres_apart_agrees_with_the_ellipsoid() -> None:
    for other in ((118_801_000, 32_050_000), (118_800_000, 32_059_000), (118_790_000, 32_041_000)):
        exact = float(ground_distance_m(118.8, 32.05, other[0] / 1e6, other[1] / 1e6))
        assert metres_apart((118_800_000, 32_050_000), other) == pytest.approx(exact, rel=0.005)
