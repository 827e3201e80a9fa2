"""Clause by clause a kind says what its condition says as a whole."""

from __future__ import annotations

import copy
from itertools import product
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace

from model.fences import Shift, Waypoint
from model.position import FixSource
from model.rulebook import Rule
from model.signals import NO, UNKNOWN, YES, YES_ALSO
from rules.clauses import ExplainingKind, RecallingKind
from rules.contract import FollowingKind
from rules.hauled import LOAD, STOP, Closed, Hauls
from rules.owed import DutyKind
from rules.plan import effective_parameters
from rules.registry import kinds_by_name
from rules.stretch import stretch
from rules.trilogic import all_of
from rules.view import View
from tests.rules.haulage import PERMIT, WAYBILL
from tests.rules.kinds.city import (
    City,
    Fix,
    assign,
    at,
    corridor,
    daily,
    fence,
    rows_of,
    square,
    when,
)
from tests.rules.kinds.trail import random_rows

CITY = City(
    fences=[
        square(1, 0, 0, 50, tags=("site",)),
        corridor(2, [(-2000, 0), (2000, 0)], 15, tags=("road", "district")),
        square(3, 500, 0, 100, tags=("grid",)),
        square(4, 0, 0, 1500, tags=("district",)),
        square(5, 2500, 0, 100, tags=("no_go",)),
        square(6, 900, 160, 60, tags=("parking",)),
    ],
    assignments=[assign(2, "corridor"), assign(2, "work_road"), assign(3, "grid"),
                 assign(3, "working_area")],
    shifts=[
        Shift(device_id=1, starts_us=when("2026-03-02T08:00"), ends_us=when("2026-03-02T18:00"))
    ],
)  # fmt: skip
STATES = (NO, YES, UNKNOWN)
FIXES = [
    Fix(x_m=x, y_m=y, speed=speed, accuracy=accuracy, source=source, time=time,
        course={40: 270, 120: 90}.get(speed, -1),
        signals={"loaded": first, "cover_closed": second, "spraying": second, "ignition": first,
                 "antenna_ok": second, "main_power_ok": second, "mocked": first,
                 "brush_down": second, "drum": YES_ALSO * (first == YES) or first})
    for (x, y), speed, (accuracy, source), time, (first, second) in product(
        ((0, 0), (500, 12), (500, 70), (900, 160), (2500, 0)),
        (None, 0, 15, 40, 120),
        ((-1, FixSource.GNSS), (300, FixSource.LBS), (-1, FixSource.NONE)),
        ("2026-03-02T07:00", "2026-03-02T12:00"),
        product(STATES, STATES),
    )
]  # fmt: skip
EXPLAINING = sorted(n for n, kind in kinds_by_name().items() if isinstance(kind, ExplainingKind))


def test_every_kind_explains_itself() -> None:
    """By clauses at a fix, by its memory, or (silence, duties) by what was heard and owed."""
    for name, kind in kinds_by_name().items():
        ways = (
            isinstance(kind, ExplainingKind),
            isinstance(kind, RecallingKind) and bool(kind.parts),
            kind.absence,
            isinstance(kind, DutyKind),
        )
        assert sum(ways) == 1, name


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


FOLLOWING = sorted(n for n, kind in kinds_by_name().items() if isinstance(kind, FollowingKind))
WORK = [{}, {"loaded": YES, "ignition": YES}, {"loaded": NO, "ignition": NO, "spraying": YES},
        {"loaded": YES, "body_raised": YES}, {"loaded": NO, "body_raised": NO}]  # fmt: skip
HALF_WAY = Waypoint(name="w", longitude=at(250, 0)[0], latitude=at(250, 0)[1])
WAY = {"type": "LineString", "coordinates": [at(0, 0), at(450, 0)]}
YARD = City(
    [square(1, 0, 0, 100, tags=("site",)), square(2, 115, 0, 15, tags=("wash_bay",)),
     fence(3, "route", WAY, half_width_m=20, waypoints=(HALF_WAY,))],
    assignments=[assign(3, "route")],
    shifts=[
        Shift(device_id=1, starts_us=when("2026-03-02T10:02"), ends_us=when("2026-03-02T18:00"))
    ],
)  # fmt: skip
# Sooner than by default, so that short trails try everything.
QUICK = {"drive_hours": 0.1, "rest_minutes": 2.0, "jumps": 2.0, "wash_s": 15.0, "toggles": 1.0}


@pytest.mark.parametrize("name", FOLLOWING)
def test_what_a_following_kind_recalls_agrees_with_its_condition(name: str) -> None:
    kind = kinds_by_name()[name]
    assert isinstance(kind, FollowingKind)
    assert isinstance(kind, RecallingKind)
    rule = Rule(
        id=1, version=1, organisation_id=1, kind=name, name_zh="", name_en="", valid_from_us=0,
        schedule=daily((0, 20)),
    )  # fmt: skip
    parameters = effective_parameters(rule, kind)
    parameters |= {key: quick for key, quick in QUICK.items() if key in parameters}
    blamed: set[str] = set()
    for seed in range(12):
        rows = random_rows(seed, 60, [(0, 0), (115, 0), (400, 0), (9_000, 0)], WORK)
        rows["odometer_m"] = np.cumsum(np.random.default_rng(seed).integers(0, 40, 60))
        view = YARD.view(rows)
        view.kinds = {1: kind.vehicle_kinds[0]}
        memory: dict[str, Any] = {}
        for i in range(len(rows)):
            before = copy.deepcopy(memory)
            value = int(kind.follow(view, slice(i, i + 1), memory, rule, parameters).value[0])
            part = stretch(view, slice(i, i + 1))
            said = kind.recall(part, value, (before, memory), rule)
            assert all_of(*(clause.value for clause in said))[0] == value
            blamed |= {clause.name for clause in said if clause.value[0] == 0}
    assert blamed >= {part[0] for part in kind.parts[:2]} - {"unchanged"}, blamed
