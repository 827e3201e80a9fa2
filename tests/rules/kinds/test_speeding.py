"""Case table of speeding: 40 km/h and 4 more, with and without a limit for loaded vehicles."""

from __future__ import annotations

import pytest

from model.position import FixSource
from model.signals import NO, YES, YES_ALSO
from rules.registry import kinds_by_name
from tests.rules.kinds.city import City, Fix, daily, square

CITY = City([square(1, 0, 0, 300, tags=("school",))])

CASES = [
    ("far over", Fix(speed=70), "yes"),
    ("just over the margin", Fix(speed=44.1), "yes"),
    ("within the margin", Fix(speed=44), "hold"),
    ("just over the limit", Fix(speed=40.1), "hold"),
    ("at the limit", Fix(speed=40), "no"),
    ("standing", Fix(speed=0), "no"),
    ("speed unknown", Fix(speed=None), "unknown: speed_unknown"),
    ("no position", Fix(speed=70, source=FixSource.NONE), "unknown: no_position"),
]
LOADED_CASES = [
    ("loaded over its limit", Fix(speed=38, signals={"loaded": YES}), "yes"),
    ("half loaded is loaded", Fix(speed=38, signals={"loaded": YES_ALSO}), "yes"),
    ("empty under its limit", Fix(speed=38, signals={"loaded": NO}), "no"),
    ("load unknown, between the limits", Fix(speed=38), "unknown: signal_unknown"),
    ("load unknown, over both", Fix(speed=60), "yes"),
    ("load unknown, under both", Fix(speed=20), "no"),
]


@pytest.mark.parametrize(("name", "fix", "expected"), CASES, ids=[case[0] for case in CASES])
def test_case(name: str, fix: Fix, expected: str) -> None:
    assert CITY.verdict("speeding", fix) == expected


@pytest.mark.parametrize(
    ("name", "fix", "expected"), LOADED_CASES, ids=[case[0] for case in LOADED_CASES]
)
def test_loaded_case(name: str, fix: Fix, expected: str) -> None:
    assert CITY.verdict("speeding", fix, parameters={"limit_loaded_kmh": 30.0}) == expected


def test_fences_and_schedule_narrow_the_rule() -> None:
    assert CITY.verdict("speeding", Fix(speed=70), fence_tags=("school",)) == "yes"
    assert CITY.verdict("speeding", Fix(speed=70, x_m=500), fence_tags=("school",)) == "no"
    assert CITY.verdict("speeding", Fix(speed=70), schedule=daily((20, 6))) == "no"
    assert CITY.judge("speeding", [Fix(speed=70)], fence_tags=("school",)).fence.tolist() == [0]


def test_sentence() -> None:
    kind = kinds_by_name()["speeding"]
    measures = {"max_speed_kmh": 71.0, "duration_s": 45.0}
    assert kind.sentence(measures, "zh") == "超速行驶，最高71 km/h，持续45秒"
    assert kind.sentence(measures, "en") == "speeding, up to 71 km/h for 45 s"
