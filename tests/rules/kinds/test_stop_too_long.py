"""Case table of stop_too_long."""

from __future__ import annotations

import pytest

from model.position import FixSource
from model.signals import NO, YES
from rules.registry import kinds_by_name
from tests.rules.kinds.city import City, Fix, daily, square

CITY = City([
    square(1, 1000, 0, 100, tags=("parking",)),
    square(2, -1000, 0, 100, tags=("no_stop",)),
])  # fmt: skip
ON, FULL = {"ignition": YES}, {"ignition": NO, "loaded": YES}

CASES = [
    ("engine running", Fix(speed=0, signals=ON), "yes"),
    ("loaded, engine off", Fix(speed=0, signals=FULL), "yes"),
    ("drift", Fix(speed=3, signals=ON), "yes"),
    ("creeping", Fix(speed=4, signals=ON), "hold"),
    ("working slowly", Fix(speed=5, signals=ON), "no"),
    ("parked empty", Fix(speed=0, signals={"ignition": NO, "loaded": NO}), "no"),
    ("at the parking", Fix(x_m=1000, speed=0, signals=ON), "no"),
    ("driving, signals unknown", Fix(speed=30), "no"),
    ("signals unknown", Fix(speed=0), "unknown: signal_unknown"),
    ("engine off, load unknown", Fix(speed=0, signals={"ignition": NO}), "unknown: signal_unknown"),
    ("speed unknown", Fix(speed=None, signals=ON), "unknown: speed_unknown"),
    ("no position", Fix(source=FixSource.NONE, signals=ON), "unknown: no_position"),
]


@pytest.mark.parametrize(("name", "fix", "expected"), CASES, ids=[case[0] for case in CASES])
def test_case(name: str, fix: Fix, expected: str) -> None:
    assert CITY.verdict("stop_too_long", fix) == expected


def test_fences_and_schedule_narrow_the_rule() -> None:
    here, there = Fix(x_m=-1000, speed=0, signals=ON), Fix(speed=0, signals=ON)
    assert CITY.verdict("stop_too_long", here, fence_tags=("no_stop",)) == "yes"
    assert CITY.verdict("stop_too_long", there, fence_tags=("no_stop",)) == "no"
    assert CITY.verdict("stop_too_long", there, schedule=daily((20, 6))) == "no"


def test_sentence_tells_how_long() -> None:
    kind = kinds_by_name()["stop_too_long"]
    measures = {"max_speed_kmh": 1.0, "duration_s": 2_400.0}
    assert kind.sentence(measures, "zh") == "作业车辆长时间停车，持续40分"
    assert kind.sentence(measures, "en") == "standing outside every place to stand for 40 min"
