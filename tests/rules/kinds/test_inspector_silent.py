"""inspector_silent accuses no fix: the engine judges the gaps between them."""

from __future__ import annotations

from model.position import FixSource
from rules.registry import kinds_by_name
from tests.rules.kinds.city import City, Fix


def test_a_fix_that_arrived_is_no_silence_with_or_without_a_position() -> None:
    fixes = [Fix(), Fix(time="2026-03-02T11:00", source=FixSource.NONE)]
    column = City().judge("inspector_silent", fixes)
    assert column.value.tolist() == [0, 0]


def test_the_engine_finds_its_threshold() -> None:
    kind = kinds_by_name()["inspector_silent"]
    assert kind.absence
    assert {p.name: (p.default, p.unit) for p in kind.parameters} == {"silent_minutes": (15, "min")}


def test_sentence() -> None:
    kind = kinds_by_name()["inspector_silent"]
    assert kind.sentence({"silent_min": 42.5, "duration_s": 2550.0}, "zh") == "在岗期间失联42分30秒"
    assert kind.sentence({"silent_min": 75.0}, "en") == "not heard of on duty for 1 h 15 min"
