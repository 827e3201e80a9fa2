"""Case table of antenna_cut."""

from __future__ import annotations

import pytest

from model.position import FixSource
from model.signals import NO, YES
from tests.rules.kinds.city import City, Fix, daily, square

CITY = City([square(1, 1000, 0, 200, tags=("parking",))])
CUT = {"antenna_ok": NO}
CASES = [
    ("cut", Fix(signals=CUT), "yes"),
    ("cut and therefore without a position", Fix(source=FixSource.NONE, signals=CUT), "yes"),
    ("whole", Fix(signals={"antenna_ok": YES}), "no"),
    ("not watched", Fix(), "unknown: signal_unknown"),
    ("cut in the yard", Fix(x_m=1000, signals=CUT), "yes"),
]


@pytest.mark.parametrize(("name", "fix", "expected"), CASES, ids=[case[0] for case in CASES])
def test_case(name: str, fix: Fix, expected: str) -> None:
    assert CITY.verdict("antenna_cut", fix) == expected


def test_yard_and_schedule_narrow_the_rule() -> None:
    yard = Fix(x_m=1000, signals=CUT)
    assert CITY.verdict("antenna_cut", yard, parameters={"inside_parking": 0.0}) == "no"
    assert CITY.verdict("antenna_cut", yard, schedule=daily((20, 6))) == "no"
