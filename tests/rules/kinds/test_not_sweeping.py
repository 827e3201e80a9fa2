"""Case table of not_sweeping: a road of 12 m either side, to be swept from 05:00 to 09:00."""

from __future__ import annotations

import pytest

from model.fences import Window
from model.position import FixSource
from model.signals import NO, YES
from rules.registry import kinds_by_name
from tests.rules.kinds.city import EVERY_DAY, City, Fix, assign, corridor

ROAD = corridor(1, [(-2000, 0), (2000, 0)], 12)
MORNING = (Window(EVERY_DAY, 5 * 60, 9 * 60),)
CITY = City([ROAD], [assign(1, "work_road", windows=MORNING)])
IN_TIME, LATER = "2026-03-02T06:30", "2026-03-02T09:00"
UP, DOWN = {"brush_down": NO}, {"brush_down": YES}


def fix(**more: object) -> Fix:
    return Fix(**({"time": IN_TIME, "speed": 8, "signals": UP} | more))


CASES = [
    ("brush up on the road", fix(), "yes"),
    ("slowest working speed", fix(speed=2), "yes"),
    ("fastest working speed", fix(speed=25), "yes"),
    ("beside the road within accuracy", fix(y_m=20), "hold"),
    ("on another road", fix(y_m=30), "no"),
    ("sweeping", fix(signals=DOWN), "no"),
    ("standing", fix(speed=1.9), "no"),
    ("in transit", fix(speed=25.1), "no"),
    ("after its hours", fix(time=LATER), "no"),
    ("no road assigned", fix(device=5), "no"),
    ("sweeping somewhere unknown", fix(source=FixSource.NONE, signals=DOWN), "no"),
    ("brush unknown", fix(signals={}), "unknown: signal_unknown"),
    ("speed unknown", fix(speed=None), "unknown: speed_unknown"),
    ("no position", fix(source=FixSource.NONE), "unknown: no_position"),
    ("vague position", fix(accuracy=51), "unknown: poor_gnss"),
]


@pytest.mark.parametrize(("name", "given", "expected"), CASES, ids=[case[0] for case in CASES])
def test_case(name: str, given: Fix, expected: str) -> None:
    assert CITY.verdict("not_sweeping", given) == expected


def test_the_road_is_the_findings_fence() -> None:
    column = CITY.judge("not_sweeping", [fix()])
    assert column.fence.tolist() == [0]
    assert column.measure.tolist() == [8]


def test_sentence() -> None:
    kind = kinds_by_name()["not_sweeping"]
    measures = {"max_speed_kmh": 9.0, "duration_s": 240.0}
    assert kind.sentence(measures, "zh") == "在作业道路上行驶未清扫，最高9 km/h，持续4分"
    assert kind.sentence(measures, "en") == "on its road without sweeping, up to 9 km/h for 4 min"
