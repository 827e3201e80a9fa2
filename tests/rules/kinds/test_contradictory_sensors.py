"""Case table of contradictory_sensors, and a load sensor that flaps."""

from __future__ import annotations

import pytest

from model.signals import NO, YES, YES_ALSO
from tests.rules.kinds.city import Fix, daily
from tests.rules.kinds.followed import Step, followed

OPEN_QUESTION = "unknown: signal_unknown"


def says(speed: float | None, **signals: int) -> list[Step]:
    return [Step(0, Fix(speed=speed, signals=signals))]


CASES = [
    ("spraying, ignition off", says(0, spraying=YES, ignition=NO), "yes"),
    ("spraying, ignition on", says(10, spraying=YES, ignition=YES), "no"),
    ("brush down, ignition off", says(0, brush_down=YES, ignition=NO), "yes"),
    ("suction, ignition off", says(0, suction=YES, ignition=NO), "yes"),
    ("drum turns by its own engine", says(0, drum=YES, ignition=NO), "no"),
    ("driving, ignition off", says(15, ignition=NO), "yes"),
    ("pushed, ignition off", says(14.9, ignition=NO), "no"),
    ("tipped at speed", says(60, body_raised=YES), "yes"),
    ("tipped while creeping", says(5, body_raised=YES), "no"),
    ("tipped, speed unknown", says(None, body_raised=YES), OPEN_QUESTION),
    ("spraying, ignition unknown", says(None, spraying=YES), OPEN_QUESTION),
    ("no sensors at all", says(None), OPEN_QUESTION),
    ("one thing that can be told", says(None, loaded=YES), "no"),
]


@pytest.mark.parametrize(("name", "steps", "expected"), CASES, ids=[case[0] for case in CASES])
def test_case(name: str, steps: list[Step], expected: str) -> None:
    assert followed("contradictory_sensors", steps) == [expected]


def load(states: list[int], every_s: int = 60) -> list[str]:
    steps = [Step(i * every_s, Fix(signals={"loaded": state})) for i, state in enumerate(states)]
    return followed("contradictory_sensors", steps)


def test_more_than_six_changes_in_half_an_hour_are_flapping() -> None:
    assert load([YES, NO] * 4) == [*["no"] * 7, "yes"]
    assert set(load([YES, NO] * 3 + [YES])) == {"no"}
    assert set(load([YES, NO] * 6, every_s=300)) == {"no"}


def test_half_a_load_is_a_load_and_unknown_is_no_change() -> None:
    assert set(load([YES, YES_ALSO] * 6)) == {"no"}
    assert set(load([YES, 0] * 6)) == {"no"}


def test_flapping_is_over_when_the_window_has_passed() -> None:
    states = [YES, NO] * 4 + [NO] * 30
    assert load(states)[-1] == "no"
    assert load(states)[10] == "yes"


def test_schedule_narrows_the_rule() -> None:
    steps = says(0, spraying=YES, ignition=NO)
    assert followed("contradictory_sensors", steps, schedule=daily((20, 6))) == ["no"]
