"""Fixes that a kind passes by leave what following them would leave."""

from __future__ import annotations

import copy

import numpy as np
import pytest

from model import signals
from model.fences import Shift, Waypoint
from model.position import FixSource, Rows
from model.rulebook import FAR_FUTURE_US, Rule
from model.vehicles import UnitKind
from rules.contract import NO, FollowingKind, Memory, PassingKind
from rules.plan import effective_parameters
from rules.registry import kinds_by_name
from rules.view import View
from tests.rules.kinds.city import City, assign, at, corridor, square
from tests.rules.kinds.trail import random_rows

PASSING = sorted(name for name, kind in kinds_by_name().items() if isinstance(kind, PassingKind))
LINE = [(-500, 0), (1500, 0)]
POINT = Waypoint(name="P", longitude=at(300, 0)[0], latitude=at(300, 0)[1], radius_m=30.0)
FENCES = (
    square(1, 0, 0, 100, tags=("site",)),
    square(2, 115, 0, 15, tags=("wash_bay",)),
    square(3, 900, 0, 100, tags=("dump",)),
    corridor(4, LINE, 30, waypoints=(POINT,)),
    square(5, 300, 0, 20, tags=("rest",)),
)  # fmt: skip
PLACES = [(0, 0), (0, 0), (115, 0), (300, 0), (400, 0), (900, 0), (20_000, 0)]
SAID = [
    {"ignition": signals.YES, "loaded": signals.YES, "body_raised": signals.NO},
    {"ignition": signals.YES, "loaded": signals.YES, "body_raised": signals.NO},
    {"ignition": signals.YES, "loaded": signals.NO, "body_raised": signals.YES},
    {"ignition": signals.NO, "loaded": signals.YES_ALSO, "spraying": signals.YES},
    {"loaded": signals.NO, "spraying": signals.NO},
    {},
]


def trail(seed: int, count: int = 300) -> Rows:
    """Runs of fixes of one device, with gaps, outliers and fixes of the same second."""
    random, rows = np.random.default_rng(seed), random_rows(seed, count, PLACES, SAID)
    rows["time_us"][1::40] = rows["time_us"][0::40]
    rows["odometer_m"] = np.where(random.random(count) < 0.1, -1, 1_000 + np.arange(count) * 7)
    rows["accuracy_m"] = random.choice([-1, 5, 40, 150], count, p=[0.5, 0.4, 0.05, 0.05])
    rows["fix_source"][random.random(count) < 0.05] = FixSource.LBS
    rows["longitude_e6"] += random.integers(0, 2, count)
    return rows


def city(name: str, rows: Rows) -> tuple[FollowingKind, View]:
    """A kind, and the view of a unit that it judges."""
    kind = kinds_by_name()[name]
    assert isinstance(kind, FollowingKind)
    vehicle = UnitKind.INSPECTOR if kind.vehicle_kinds == ("inspector",) else "muck_truck"
    quarter_us, half_us = rows["time_us"][[len(rows) // 4, len(rows) // 2]].tolist()
    shifts = (Shift(device_id=1, starts_us=half_us, ends_us=FAR_FUTURE_US),)
    route = assign(4, "route", valid_from_us=quarter_us, valid_to_us=half_us)
    return kind, City(FENCES, (route,), shifts, vehicle).view(rows)


def test_every_kind_that_follows_passes_fixes_by() -> None:
    follows = {name for name, kind in kinds_by_name().items() if isinstance(kind, FollowingKind)}
    assert set(PASSING) == follows
    assert len(PASSING) == 10


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", PASSING)
def test_what_is_passed_by_is_as_if_it_were_followed(name: str, seed: int) -> None:
    kind, view = city(name, trail(seed))
    assert isinstance(kind, PassingKind)
    rule = Rule(
        id=1, version=1, organisation_id=1, kind=name, name_zh="", name_en="", valid_from_us=0
    )
    parameters, memory = effective_parameters(rule, kinds_by_name()[name]), Memory()
    passed = 0
    for number in range(len(view.rows)):
        one = view.part(np.arange(number, number + 1))
        own = copy.deepcopy(memory)
        (note,) = kind.notes(one, [own], rule, parameters)
        before = copy.deepcopy(memory)
        column = kind.follow(view, slice(number, number + 1), memory, rule, parameters)
        if note is not None and kind.passes(own, note, parameters):
            assert (int(column.value[0]), own) == (NO, memory), number
            passed += 1
        else:
            assert own == before, number
    assert passed > len(view.rows) / 10
