"""Storms: enough units of an area within a window, each onset in one storm at most."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from model.fences import Shift
from model.position import FixSource, empty_rows
from model.rulebook import Device, Rulebook
from rules.engine import Engine
from rules.registry import kinds_by_name
from rules.state import DeviceState
from rules.storms import Area, Onset, StormLimits, areas_of, cause_of, needed_of, storms
from tests.rules.kinds.city import when
from tests.rules.kinds.owing import book_of

HOUR_US = 3_600_000_000
WINDOW_US = 600
PARENTS = {1: None, 2: 1, 3: 1, 9: 1}
NEEDED: dict[Area, int] = {(1, "units"): 6, (2, "units"): 3, (3, "units"): 3, (9, "place"): 4}


def onset(
    id_: int, start: int, device: int | None = None, owner: int = 2, place: int | None = None
) -> Onset:
    return Onset(
        id=id_,
        device_id=device or id_,
        started_us=start,
        areas=areas_of(owner, place, PARENTS),
    )


def found(*onsets: Onset) -> list[tuple[int, int, tuple[int, ...]]]:
    return [
        (storm.organisation_id, storm.devices, storm.members)
        for storm in storms(onsets, NEEDED, WINDOW_US)
    ]


def test_enough_units_within_the_window() -> None:
    assert found(onset(1, 0), onset(2, 300)) == []
    assert found(onset(1, 0), onset(2, 300), onset(3, 600)) == [(2, 3, (1, 2, 3))]
    assert found(onset(1, 0), onset(2, 300), onset(3, 601)) == []


def test_one_unit_again_and_again_is_no_storm() -> None:
    assert found(*(onset(i, 10 * i, device=7) for i in range(1, 9))) == []


def test_windows_that_share_an_onset_are_one_storm() -> None:
    chain = [onset(i, 250 * i) for i in range(1, 8)]
    assert found(*chain) == [(2, 7, (1, 2, 3, 4, 5, 6, 7))]


def test_the_largest_area_takes_all_that_are_its() -> None:
    two = [onset(i, i, owner=2) for i in range(1, 4)]
    three = [onset(i, i, owner=3) for i in range(4, 7)]
    assert found(*two, *three) == [(1, 6, (1, 2, 3, 4, 5, 6))]
    assert found(*two, *three[:2]) == [(2, 3, (1, 2, 3))]


def test_a_place_counts_units_of_everybody() -> None:
    mixed = [onset(i, i, owner=2 + i % 2, place=9) for i in range(1, 5)]
    assert found(*mixed) == [(9, 4, (1, 2, 3, 4))]


def test_a_share_of_the_register_and_a_least_number() -> None:
    devices = tuple(
        Device(id=i, organisation_id=2 if i <= 50 else 3, identity=str(i), protocol="t",
               kind="other", name=str(i))
        for i in range(1, 61)
    )  # fmt: skip
    book = Rulebook(revision=1, organisation_parents=PARENTS, devices=devices)
    needed = needed_of(book, StormLimits(devices=5, share_pct=20, place_devices=8))
    assert needed[1, "units"] == 12
    assert needed[2, "units"] == 10
    assert needed[3, "units"] == 5  # a fifth of ten is too few
    assert needed[3, "place"] == 8


@pytest.mark.parametrize(
    ("kind", "cause"),
    [("vehicle_offline", "silence"), ("inspector_silent", "silence"), ("gnss_lost", "gnss"),
     ("absent_in_shift", "silence"), ("uncovered_load", None)],
)  # fmt: skip
def test_which_kinds_a_storm_explains(kind: str, cause: str | None) -> None:
    assert cause_of(kinds_by_name()[kind]) == cause


def test_a_district_of_inspectors_that_loses_its_satellites_is_one_storm() -> None:
    """Nineteen handsets lose GNSS within four minutes, one an hour later."""
    book = book_of("gnss_lost", [], [], unit="inspector")
    ids, start_us = range(1, 21), when("2026-03-02T08:00")
    people = tuple(replace(book.devices[0], id=i, identity=str(i), organisation_id=2) for i in ids)
    shifts = tuple(
        Shift(device_id=i, starts_us=start_us, ends_us=start_us + 4 * HOUR_US) for i in ids
    )
    book = replace(book, devices=people, shifts=shifts, organisation_parents=PARENTS)
    minutes = np.arange(1, 120)
    parts = []
    for id_ in ids:
        rows = empty_rows(len(minutes))  # without a place, until one is said
        rows["device_id"], rows["time_us"] = id_, start_us + minutes * 60_000_000
        since = 80 if id_ == 20 else 10 + id_ % 4
        rows["fix_source"][minutes < since] = FixSource.GNSS
        parts.append(rows)
    engine = Engine(book, kinds_by_name())
    states: dict[int, DeviceState] = {}
    findings = {f.device_id: f for f in engine.advance(states, np.concatenate(parts))}
    assert set(findings) == set(ids)
    onsets = [onset(f.device_id, f.started_us, owner=f.organisation_id) for f in findings.values()]
    (storm,) = storms(onsets, needed_of(book, StormLimits()), StormLimits().window_us)
    assert (storm.organisation_id, storm.devices) == (1, 19)
    assert 20 not in storm.members


@given(
    st.lists(
        st.tuples(st.integers(0, 4_000), st.integers(1, 12), st.sampled_from([2, 3])), max_size=30
    ),
    st.integers(0, 99),
)
def test_order_does_not_matter(raw: list[tuple[int, int, int]], seed: int) -> None:
    known = [onset(i, start, device, owner) for i, (start, device, owner) in enumerate(raw, 1)]
    shuffled = random.Random(seed).sample(known, len(known))
    expected = found(*known)
    assert found(*shuffled) == expected
    members = [member for _, _, storm in expected for member in storm]
    assert len(members) == len(set(members))
    for organisation_id, devices, storm in expected:
        assert devices >= NEEDED[organisation_id, "units"]
        assert len({o.device_id for o in known if o.id in storm}) == devices
