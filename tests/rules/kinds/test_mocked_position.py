"""Case table of mocked_position."""

from __future__ import annotations

import pytest

from model.fences import Shift
from model.signals import NO, YES
from tests.rules.kinds.city import City, Fix, when

SHIFT = Shift(device_id=1, starts_us=when("2026-03-02T08:00"), ends_us=when("2026-03-02T17:00"))
CITY = City(shifts=[SHIFT])
MOCKED = {"mocked": YES}
CASES = [
    ("mocked on duty", Fix(signals=MOCKED), "yes"),
    ("honest", Fix(signals={"mocked": NO}), "no"),
    ("the handset does not say", Fix(), "unknown: signal_unknown"),
    ("off duty", Fix(time="2026-03-02T18:00", signals=MOCKED), "no"),
]


@pytest.mark.parametrize(("name", "fix", "expected"), CASES, ids=[case[0] for case in CASES])
def test_case(name: str, fix: Fix, expected: str) -> None:
    assert CITY.verdict("mocked_position", fix) == expected


def test_off_duty_when_asked() -> None:
    fix = Fix(time="2026-03-02T18:00", signals=MOCKED)
    assert CITY.verdict("mocked_position", fix, parameters={"only_on_duty": 0.0}) == "yes"
