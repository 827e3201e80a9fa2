"""Case table of power_cut."""

from __future__ import annotations

import pytest

from model.signals import NO, YES
from tests.rules.kinds.city import City, Fix, daily, square

CITY = City([square(1, 1000, 0, 200, tags=("parking",)), square(2, 0, 0, 50, tags=("site",))])
CUT = {"main_power_ok": NO}
CASES = [
    ("cut on a site", Fix(signals=CUT), "yes"),
    ("powered", Fix(signals={"main_power_ok": YES}), "no"),
    ("not watched", Fix(), "unknown: signal_unknown"),
    ("isolator switch in the depot", Fix(x_m=1000, signals=CUT), "no"),
    ("not watched in the depot", Fix(x_m=1000), "no"),
]


@pytest.mark.parametrize(("name", "fix", "expected"), CASES, ids=[case[0] for case in CASES])
def test_case(name: str, fix: Fix, expected: str) -> None:
    assert CITY.verdict("power_cut", fix) == expected


def test_depot_when_asked_and_schedule() -> None:
    depot = Fix(x_m=1000, signals=CUT)
    assert CITY.verdict("power_cut", depot, parameters={"inside_parking": 1.0}) == "yes"
    assert CITY.verdict("power_cut", Fix(signals=CUT), schedule=daily((20, 6))) == "no"
