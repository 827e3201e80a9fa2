"""Clause by clause a kind says what its condition says as a whole."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from msgspec.structs import replace

from model.fences import Shift
from model.position import FixSource
from model.rulebook import Rule
from model.signals import NO, UNKNOWN, YES
from rules.clauses import ExplainingKind
from rules.hauled import LOAD, STOP, Closed, Hauls
from rules.plan import effective_parameters
from rules.registry import kinds_by_name
from rules.trilogic import all_of
from rules.view import View
from tests.rules.haulage import PERMIT, WAYBILL
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


def hauling(view: View) -> View:
    """The view's fixes as of a truck with a permit and a waybill, hauling this and that."""
    count, random = len(view.rows), np.random.default_rng(1)
    left_us = view.rows["time_us"] - random.integers(0, 40, count) * 60_000_000
    site = random.choice([0, 1, 3], count)
    closed = [
        Closed(int(site[row]), int(random.integers(0, 4)), 1, int(left_us[row]), 1,
               int(view.rows["time_us"][row]), 1, LOAD, int(random.choice([LOAD, STOP])))
        for row in range(0, count, 2)
    ]  # fmt: skip
    values = random.choice([-1, 0, 1], count).astype(np.int8)
    view.hauls = Hauls(values, site, left_us, dict(zip(range(0, count, 2), closed, strict=True)))
    morning_us = when("2026-03-02T06:00")
    view.roster.permits = {1: [replace(PERMIT, valid_from_us=morning_us)]}
    view.roster.waybills = {1: [replace(WAYBILL, issued_us=morning_us)]}
    return view


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
    view = hauling(CITY.view(rows_of(FIXES)))
    value = kind.condition(view, rule, parameters).value
    assert len(set(value.tolist())) > 2, "the fixes do not try the kind"
    parts = kind.clauses(view, rule, parameters)
    assert np.array_equal(all_of(*(part.value for part in parts)), value)
    for part in parts:
        assert part.measured is None or part.threshold is not None, part.name
