"""Case table of spraying_too_fast: too fast above 20 km/h, slow enough again below 18."""

from __future__ import annotations

import pytest

from model.position import FixSource
from model.signals import NO, YES
from rules.registry import kinds_by_name
from tests.rules.kinds.city import City, Fix, daily, square

CITY = City([square(1, 0, 0, 300, tags=("district",))])
WET = {"spraying": YES}

CASES = [
    ("too fast", Fix(speed=27, signals=WET), "yes"),
    ("just too fast", Fix(speed=20.1, signals=WET), "yes"),
    ("at the limit", Fix(speed=20, signals=WET), "hold"),
    ("in the band", Fix(speed=18, signals=WET), "hold"),
    ("slow enough", Fix(speed=17.9, signals=WET), "no"),
    ("standing", Fix(speed=0, signals=WET), "no"),
    ("in transit, pump off", Fix(speed=60, signals={"spraying": NO}), "no"),
    ("slow, pump unknown", Fix(speed=8), "no"),
    ("fast, pump unknown", Fix(speed=27), "unknown: signal_unknown"),
    ("speed unknown", Fix(speed=None, signals=WET), "unknown: speed_unknown"),
    ("no position", Fix(source=FixSource.NONE, signals=WET), "unknown: no_position"),
]


@pytest.mark.parametrize(("name", "fix", "expected"), CASES, ids=[case[0] for case in CASES])
def test_case(name: str, fix: Fix, expected: str) -> None:
    assert CITY.verdict("spraying_too_fast", fix) == expected


def test_limit_fences_and_schedule_are_the_rules() -> None:
    fast = Fix(speed=27, signals=WET)
    outside = Fix(x_m=900, speed=27, signals=WET)
    parameters = {"max_working_kmh": 30.0, "return_kmh": 28.0}
    assert CITY.verdict("spraying_too_fast", fast, parameters=parameters) == "no"
    assert CITY.verdict("spraying_too_fast", fast, fence_ids=(1,)) == "yes"
    assert CITY.verdict("spraying_too_fast", outside, fence_ids=(1,)) == "no"
    assert CITY.verdict("spraying_too_fast", fast, schedule=daily((20, 6))) == "no"


def test_sentence() -> None:
    kind = kinds_by_name()["spraying_too_fast"]
    measures = {"max_speed_kmh": 27.0, "duration_s": 90.0}
    assert kind.sentence(measures, "zh") == "洒水作业车速过快，最高27 km/h，持续1分30秒"
    assert kind.sentence(measures, "en") == "spraying too fast, up to 27 km/h for 1 min 30 s"
