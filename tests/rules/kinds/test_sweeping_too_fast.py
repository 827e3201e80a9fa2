"""Case table of sweeping_too_fast: too fast above 15 km/h, slow enough again below 13."""

from __future__ import annotations

import pytest

from model.position import FixSource
from model.signals import NO, YES
from rules.registry import kinds_by_name
from tests.rules.kinds.city import City, Fix, daily, square

CITY = City([square(1, 0, 0, 300, tags=("district",))])
DOWN = {"brush_down": YES}

CASES = [
    ("too fast", Fix(speed=22, signals=DOWN), "yes"),
    ("just too fast", Fix(speed=15.1, signals=DOWN), "yes"),
    ("at the limit", Fix(speed=15, signals=DOWN), "hold"),
    ("in the band", Fix(speed=13, signals=DOWN), "hold"),
    ("slow enough", Fix(speed=12.9, signals=DOWN), "no"),
    ("standing", Fix(speed=0, signals=DOWN), "no"),
    ("in transit, brush up", Fix(speed=60, signals={"brush_down": NO}), "no"),
    ("slow, brush unknown", Fix(speed=8), "no"),
    ("fast, brush unknown", Fix(speed=22), "unknown: signal_unknown"),
    ("speed unknown", Fix(speed=None, signals=DOWN), "unknown: speed_unknown"),
    ("no position", Fix(source=FixSource.NONE, signals=DOWN), "unknown: no_position"),
]


@pytest.mark.parametrize(("name", "fix", "expected"), CASES, ids=[case[0] for case in CASES])
def test_case(name: str, fix: Fix, expected: str) -> None:
    assert CITY.verdict("sweeping_too_fast", fix) == expected


def test_limit_fences_and_schedule_are_the_rules() -> None:
    fast = Fix(speed=22, signals=DOWN)
    outside = Fix(x_m=900, speed=22, signals=DOWN)
    parameters = {"max_working_kmh": 25.0, "return_kmh": 23.0}
    assert CITY.verdict("sweeping_too_fast", fast, parameters=parameters) == "no"
    assert CITY.verdict("sweeping_too_fast", fast, fence_ids=(1,)) == "yes"
    assert CITY.verdict("sweeping_too_fast", outside, fence_ids=(1,)) == "no"
    assert CITY.verdict("sweeping_too_fast", fast, schedule=daily((20, 6))) == "no"


def test_sentence() -> None:
    kind = kinds_by_name()["sweeping_too_fast"]
    measures = {"max_speed_kmh": 22.0, "duration_s": 90.0}
    assert kind.sentence(measures, "zh") == "清扫作业车速过快，最高22 km/h，持续1分30秒"
    assert kind.sentence(measures, "en") == "sweeping too fast, up to 22 km/h for 1 min 30 s"
