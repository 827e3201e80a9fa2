"""The engine in columns, with views shared by rules, finds what the plain one finds fix by fix."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest

from geofence.index import FenceIndex
from model import signals
from model.fences import Purpose, Shift, Window
from model.position import FixSource, Rows, empty_rows
from model.rulebook import FAR_FUTURE_US, Device, Finding, Rule, Rulebook, Scope
from rules.assigned import assigned_pairs, nearest
from rules.back_test import UNREAD
from rules.batch import part_of
from rules.build_view import build_view, sort_rows
from rules.engine import Engine
from rules.registry import kinds_by_name
from rules.roster import Roster
from rules.state import DeviceState, encode
from rules.view import Places, View
from tests.rules.kinds.city import assign, at, corridor, daily, fence, square, when
from tests.rules.plain import PlainEngine

START_US = when("2026-03-02T11:55")
KINDS = ("muck_truck", "water_truck", "inspector", "mixer", "sweeper", "garbage_truck")
FENCES = (
    square(1, 0, 0, 300, tags=("site",)),
    square(2, 900, 0, 400, tags=("no_go", "district"), responsible_organisation_id=7),
    corridor(3, [(-1000, 0), (1500, 0)], 40),
    corridor(4, [(-1000, 200), (1500, 200)], 20, tags=("road",)),
    square(5, 300, 300, 250, tags=("grid",)),
    fence(6, "circle", {"type": "Point", "coordinates": at(600, 300)}, radius_m=150,
          tags=("parking",), valid_to_us=START_US + 300_000_000),
    square(8, 60, 60, 25, tags=("no_go",)),
    fence(7, "point_set", {"type": "MultiPoint", "coordinates": [at(0, 0), at(200, 0)]},
          radius_m=200),
)  # fmt: skip
DEVICES = tuple(
    Device(id=i, organisation_id=1, identity=str(i), protocol="t", kind=kind, name=str(i))
    for i, kind in enumerate((*KINDS, *KINDS[:3]), 1)
)
PURPOSES = (("corridor", 3), ("work_road", 4), ("grid", 5), ("collection", 7), ("route", 3))
SHORT = ("collection", "route")
EVERY_MINUTE = tuple(Window((1,), m, m + 4) for m in range(11 * 60 + 50, 12 * 60 + 30))


def rules() -> tuple[Rule, ...]:
    """Each kind three times: at its defaults but quick, scheduled, and by versions."""
    made: list[Rule] = []
    for name, kind in sorted(kinds_by_name().items()):
        quick = {p: 20.0 for p in ("min_duration_s", "clear_s") if not kind.absence}
        if name == "forbidden_area":
            quick |= {"max_crossing_s": 120.0, "min_duration_s": 0.0}
        more: dict[str, Any] = {"kind": name, "name_zh": name, "name_en": name}
        more |= {"organisation_id": 1, "parameters": quick}
        number = len(made) + 1
        change_us = START_US + 200_000_000
        made += [
            Rule(id=number, version=1, valid_from_us=0, **more),
            Rule(id=number + 1, version=1, valid_from_us=0, schedule=daily((8, 12)),
                 fence_tags=("district",), scope=Scope(device_ids=(1, 2, 7)), **more),
            Rule(id=number + 2, version=1, valid_from_us=0, valid_to_us=change_us, **more),
            Rule(id=number + 2, version=2, valid_from_us=change_us,
                 **(more | {"scope": Scope(device_ids=(1, 3, 8))})),
        ]  # fmt: skip
    return tuple(made)


RULES = rules()
BOOK = Rulebook(
    revision=1, organisation_parents={1: None, 7: 1}, devices=DEVICES, fences=FENCES, rules=RULES,
    assignments=tuple(
        assign(f, purpose, d.id, windows=EVERY_MINUTE if purpose in SHORT else None)
        for d in DEVICES[:7] for purpose, f in PURPOSES
    ),
    shifts=tuple(
        Shift(device_id=d.id, starts_us=START_US, ends_us=FAR_FUTURE_US) for d in DEVICES
    ),
)  # fmt: skip


def drive(seed: int, count: int) -> Rows:
    """Fixes of all devices and one stranger, in order of arrival, some beyond a gap."""
    random = np.random.default_rng(seed)
    rows = empty_rows(count)
    rows["device_id"] = random.integers(1, len(DEVICES) + 2, count)
    gaps = random.choice([0, 10, 60, 1_200], count, p=[0.2, 0.7, 0.08, 0.02])
    rows["time_us"] = START_US + np.cumsum(gaps) * 1_000_000
    wander = at(0, 0) + np.cumsum(random.normal(0, 0.0008, (count, 2)), 0)
    rows["longitude_e6"], rows["latitude_e6"] = (wander * 1e6).astype(np.int64).T
    rows["speed_kmh_e1"] = random.choice([-1, 0, 80, 180, 450, 900], count)
    rows["course_deg"] = random.integers(0, 360, count)
    rows["accuracy_m"] = random.choice([-1, 5, 30, 150], count)
    rows["fix_source"] = random.choice(
        [FixSource.NONE, FixSource.GNSS, FixSource.LBS], count, p=[0.1, 0.8, 0.1]
    )
    for name in ("loaded", "cover_closed", "spraying", "ignition"):
        rows["signals"] |= random.integers(0, 3, count) << signals.SIGNALS[name].shift
    return rows


def ordered(findings: list[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda f: (f.device_id, f.rule_id, f.started_us, f.last_us))


@pytest.mark.parametrize("seed", range(4))
def test_any_batches_agree_with_fix_by_fix(seed: int) -> None:
    cuts = np.random.default_rng(seed).integers(1, 60, 2 * seed)
    rows = drive(seed, 60)
    plain, fast = PlainEngine(BOOK), Engine(BOOK, kinds_by_name())
    plain_states: dict[int, DeviceState] = {}
    fast_states: dict[int, DeviceState] = {}
    expected, found = plain.advance(plain_states, rows), []
    for part in np.split(rows, sorted(cuts)):
        found += fast.advance(fast_states, part)
    assert not fast.failing
    assert ordered(found) == ordered(expected)
    assert {i: encode(s) for i, s in fast_states.items()} == {
        i: encode(s) for i, s in plain_states.items()
    }


@pytest.mark.parametrize("seed", range(2))
def test_long_stretches_of_a_device_agree_with_fix_by_fix(seed: int) -> None:
    """Longer than what the episode machine reads at once, most of it without an event."""
    rows = drive(seed, 400)
    rows["device_id"] = 1 + np.arange(400) % 2 * 6
    rows["speed_kmh_e1"] = (
        np.random.default_rng(seed).choice([0, 0, 0, 300, 300, -1], 40).repeat(10)
    )
    few = tuple(r for r in RULES if r.kind in {"uncovered_load", "speeding", "route_deviation"})
    book = msgspec.structs.replace(BOOK, rules=few)
    plain, fast = PlainEngine(book), Engine(book, kinds_by_name())
    plain_states: dict[int, DeviceState] = {}
    fast_states: dict[int, DeviceState] = {}
    expected = plain.advance(plain_states, rows)
    assert ordered(fast.advance(fast_states, rows)) == ordered(expected)
    assert len(expected) > 5
    assert {i: encode(s) for i, s in fast_states.items()} == {
        i: encode(s) for i, s in plain_states.items()
    }


def test_no_rule_asks_for_the_columns_that_back_tests_leave_unread() -> None:
    rows = drive(1, 400)
    other = rows.copy()
    for name in UNREAD:
        other[name] = np.random.default_rng(2).integers(-1, 99, len(rows))
    states: tuple[dict[int, DeviceState], dict[int, DeviceState]] = ({}, {})
    found, expected = (
        Engine(BOOK, kinds_by_name()).advance(state, some)
        for state, some in zip(states, (other, rows), strict=True)
    )
    assert ordered(found) == ordered(expected)
    assert states[0] == states[1]


def test_the_drive_has_findings_of_many_kinds() -> None:
    """Agreeing about nothing would prove nothing."""
    found = Engine(BOOK, kinds_by_name()).advance({}, drive(1, 2_000))
    assert len({f.kind for f in found}) >= 5
    assert {"uncovered_load", "route_deviation", "inspector_silent", "point_not_served"} <= {
        f.kind for f in found
    }


@pytest.mark.parametrize("seed", range(5))
def test_a_part_of_a_view_knows_the_same(seed: int) -> None:
    rows = drive(seed, 80)
    index = FenceIndex(FENCES)
    whole = build_view(rows, BOOK, {}, Roster.of(BOOK), index)
    mask = np.random.default_rng(seed).random(80) < 0.4
    part, alone = (
        part_of(whole, np.flatnonzero(mask)),
        build_view(rows[mask], BOOK, {}, whole.roster, index),
    )
    assert (part.rows == alone.rows).all()
    assert (part.membership.row == alone.membership.row).all()
    assert (part.membership.fence == alone.membership.fence).all()
    assert (part.place == np.flatnonzero(mask)).all()
    again = part_of(part, np.arange(0, len(part.rows), 2))
    assert (rows[again.place] == again.rows).all()
    assert (again.membership.row == stretch_of(again).membership.row).all()


def stretch_of(view: View) -> View:
    """The same rows with everything found anew."""
    return build_view(view.rows, BOOK, {}, view.roster, view.index)


RULE = Rule(id=1, version=1, organisation_id=1, kind="", name_zh="", name_en="", valid_from_us=0)


@pytest.mark.parametrize("purpose", ["corridor", "grid"])
@pytest.mark.parametrize("places", [np.arange(7, 60), np.arange(0, 80, 3), np.arange(0)])
def test_a_part_has_the_same_pairs_and_distances(purpose: Purpose, places: Places) -> None:
    whole = build_view(sort_rows(drive(3, 80)), BOOK, {}, Roster.of(BOOK), FenceIndex(FENCES))
    part, alone = whole.part(places), stretch_of(whole.part(places))
    wanted = np.ones(len(places), np.bool_)
    shared, own = assigned_pairs(part, RULE, purpose), assigned_pairs(alone, RULE, purpose)
    assert (shared.row == own.row).all()
    assert (shared.fence == own.fence).all()
    for found, expected in zip(
        nearest(part, shared, wanted), nearest(alone, own, wanted), strict=True
    ):
        assert found == pytest.approx(expected, nan_ok=True)


def test_a_distance_is_measured_once(monkeypatch: pytest.MonkeyPatch) -> None:
    view = build_view(sort_rows(drive(3, 60)), BOOK, {}, Roster.of(BOOK), FenceIndex(FENCES))
    half, wanted = view.part(np.arange(0, 60, 2)), np.ones(60, np.bool_)
    first = nearest(view, assigned_pairs(view, RULE, "corridor"), wanted)
    monkeypatch.delattr(FenceIndex, "distances_m")
    again = nearest(half, assigned_pairs(half, RULE, "corridor"), wanted[::2])
    assert np.isfinite(again[0]).any()
    assert (again[0] == first[0][::2]).all()


def test_a_reading_is_made_once_and_for_all_rows() -> None:
    view = build_view(sort_rows(drive(3, 60)), BOOK, {}, Roster.of(BOOK), FenceIndex(FENCES))
    part, seen = view.part(np.arange(5, 20)), []

    def make(whole: View) -> Any:
        seen.append(len(whole.rows))
        return whole.rows["time_us"] * 2

    for _ in range(2):
        assert (part.once("double", make) == part.rows["time_us"] * 2).all()
    assert (view.once("double", make) == view.rows["time_us"] * 2).all()
    assert seen == [60]
    with pytest.raises(ValueError, match="read-only"):
        part.once("double", make)[0] = 1
