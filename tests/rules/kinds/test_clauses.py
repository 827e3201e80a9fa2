"""Clause by clause a kind says what its condition says as a whole."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from model.fences import Shift
from model.position import FixSource
from model.rulebook import Rule
from model.signals import NO, UNKNOWN, YES
from rules.clauses import ExplainingKind
from rules.plan import effective_parameters
from rules.registry import kinds_by_name
from rules.trilogic import all_of
from tests.rules.kinds.city import (
    City,
    Fix,
    assign,
    corridor,
    daily,
    rows_of,
    square,
    when,
)

CITY = City(
    fences=[
        square(1, 0, 0, 50, tags=("site",)),
        corridor(2, [(-2000, 0), (2000, 0)], 15, tags=("road",)),
        square(3, 500, 0, 100, tags=("grid",)),
        square(4, 0, 0, 1500, tags=("district",)),
    ],
    assignments=[assign(2, "corridor"), assign(2, "work_road"), assign(3, "grid")],
    shifts=[
        Shift(device_id=1, starts_us=when("2026-03-02T08:00"), ends_us=when("2026-03-02T18:00"))
    ],
)  # fmt: skip
STATES = (NO, YES, UNKNOWN)
FIXES = [
    Fix(x_m=x, y_m=y, speed=speed, accuracy=accuracy, source=source, time=time,
        signals={"loaded": first, "cover_closed": second, "spraying": second})
    for (x, y), speed, (accuracy, source), time, (first, second) in product(
        ((0, 0), (500, 12), (500, 70), (900, 160), (2500, 0)),
        (None, 0, 15, 40),
        ((-1, FixSource.GNSS), (300, FixSource.LBS), (-1, FixSource.NONE)),
        ("2026-03-02T07:00", "2026-03-02T12:00"),
        product(STATES, STATES),
    )
]  # fmt: skip
EXPLAINING = sorted(n for n, kind in kinds_by_name().items() if isinstance(kind, ExplainingKind))


def test_the_kinds_of_the_skeleton_explain_themselves() -> None:
    first = {"uncovered_load", "operating_hours", "not_spraying", "route_deviation"}
    assert first | {"inspector_off_grid"} <= set(EXPLAINING)


@pytest.mark.parametrize("fences", [(), ("district",)], ids=["anywhere", "in a fence"])
@pytest.mark.parametrize("name", EXPLAINING)
def test_clauses_agree_with_the_condition(name: str, fences: tuple[str, ...]) -> None:
    kind = kinds_by_name()[name]
    assert isinstance(kind, ExplainingKind)
    rule = Rule(
        id=1, version=1, organisation_id=1, kind=name, name_zh="", name_en="", valid_from_us=0,
        schedule=daily((10, 20)), fence_tags=fences,
    )  # fmt: skip
    parameters = effective_parameters(rule, kind)
    view = CITY.view(rows_of(FIXES))
    value = kind.condition(view, rule, parameters).value
    assert len(set(value.tolist())) > 2, "the fixes do not try the kind"
    parts = kind.clauses(view, rule, parameters)
    assert np.array_equal(all_of(*(part.value for part in parts)), value)
    for part in parts:
        assert part.measured is None or part.threshold is not None, part.name
