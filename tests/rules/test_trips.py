"""Trips of one truck, case by case, and cut in any way."""

from __future__ import annotations

import inspect
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from model.fences import Window as Weekly
from model.position import FixSource
from model.rulebook import Device
from model.trips import StoredTrip, Trip
from model.violations import Window
from rules import trips
from rules.contract import Memory
from rules.driving_on import Note, drives_on
from rules.registry import kinds_by_name
from rules.state import decode
from rules.trip_changes import trip_changes
from rules.trips import HAULS, READERS
from tests.rules.haulage import (
    BLIND,
    EMPTY,
    FENCES,
    FULL,
    FULL_TRIP,
    HALF_BLIND,
    LIFTED,
    LOADED,
    PERMIT,
    START_US,
    TIPPED,
    TIPPING,
    WAYBILL,
    Haulage,
    Run,
    drive,
    dump,
    site,
    trip,
)
from tests.rules.kinds.city import EVERY_DAY, Fix, square
from tests.rules.kinds.trail import random_rows


def test_a_trip_with_all_signals() -> None:
    (found,) = Haulage(FULL_TRIP, {"permits": (PERMIT,), "waybills": (WAYBILL,)}).trips()
    second = 1_000_000
    assert (found.site_fence_id, found.dump_fence_id) == (1, 2)
    assert found.loaded_us == START_US + 6 * 15 * second
    assert found.left_us == START_US + 12 * 15 * second
    road = 12 + len(drive(FULL))
    assert found.arrived_us == START_US + road * 15 * second
    assert found.unloaded_us == START_US + (road + 8) * 15 * second
    assert found.closed_us == START_US + (road + 10) * 15 * second
    assert 4_600 <= found.distance_m <= 5_050
    assert (found.loaded_by, found.unloaded_by, found.unmatched) == ("load", "load", ())
    assert (found.permit_id, found.waybill_id, found.volume_m3) == (5, 6, 11.0)


CASES: list[tuple[str, list[Run], list[tuple[Any, ...]]]] = [
    ("two trips", FULL_TRIP * 2, [(1, 2, "load", "load", ())] * 2),
    ("no load sensor, the body tells",
     trip([site(14, HALF_BLIND)], HALF_BLIND, [dump(4, HALF_BLIND), dump(4, LIFTED),
                                               dump(2, HALF_BLIND)]),
     [(1, 2, "stop", "body", ())]),
    ("no sensors, stops alone", trip([site(14, BLIND)], BLIND, [dump(14, BLIND)]),
     [(1, 2, "stop", "stop", ())]),
    ("no sensors, a short stop at the dump is a queue",
     trip([site(14, BLIND)], BLIND, [dump(4, BLIND)]), []),
    ("a long stop in the dump with the body known to stay down is a queue",
     trip([site(14, HALF_BLIND)], HALF_BLIND, [dump(14, HALF_BLIND)]), []),
    ("no sensors, never stopped at the site",
     trip([(6, Fix(0, speed=20))], BLIND, [dump(14, BLIND)]), []),
    ("no sensors, a red light in the fence on the road",
     [site(14, BLIND), *drive(BLIND)[:14], (8, Fix(2500, speed=0)), *drive(BLIND)[14:],
      dump(14, BLIND), *drive(BLIND, back=True)], [(1, 2, "stop", "stop", ())]),
    ("unloaded on the road, by the load sensor",
     [*LOADED, *drive(FULL)[:20], (4, Fix(3600, speed=0, signals=FULL)),
      (4, Fix(3600, speed=0, signals=EMPTY)), *drive(EMPTY, back=True)],
     [(1, None, "load", "load", ("unloading",))]),
    ("unloaded where the load sensor went silent and the body rose, on the road",
     [site(14, HALF_BLIND), *drive(HALF_BLIND)[:20], (4, Fix(3600, speed=0, signals=LIFTED)),
      *drive(HALF_BLIND, back=True)], [(1, None, "stop", "body", ("unloading",))]),
    ("loaded at no known site", [(4, Fix(900, speed=0, signals=EMPTY)),
                                 (6, Fix(900, speed=0, signals=FULL)), *drive(FULL)[6:], *TIPPED],
     [(None, 2, "load", "load", ("loading",))]),
    ("under way when the record begins", [*drive(FULL), *TIPPED],
     [(None, 2, "unseen", "load", ())]),
    ("a load that came and went in the site", [*LOADED, site(6, EMPTY), *drive(EMPTY)], []),
    ("out of the site empty", [site(14, EMPTY), *drive(EMPTY), dump(6, EMPTY)], []),
    ("a flapping sensor on the way",
     [*LOADED, *drive(FULL)[:9], (1, Fix(1760, speed=40, signals=EMPTY)), *drive(FULL)[10:],
      *TIPPED, *drive(EMPTY, back=True)], [(1, 2, "load", "load", ())]),
    ("the load signal stuck at full, the body tells",
     [*trip(LOADED, FULL, [dump(4, FULL), dump(4, TIPPING), dump(4, FULL)]), site(20, FULL)],
     [(1, 2, "load", "body", ())]),
    ("loaded a little outside the fence", trip([site(6, EMPTY, 190), site(6, FULL, 190)], FULL,
                                               TIPPED), [(1, 2, "load", "load", ())]),
    ("the load signal lags behind the gate",
     [site(12, EMPTY), *((1, Fix(f.x_m, speed=40, signals=EMPTY)) for _, f in drive(FULL)[:4]),
      *drive(FULL)[4:], *TIPPED], [(1, 2, "load", "load", ())]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "runs", "expected"), CASES, ids=[case[0] for case in CASES])
def test_cases(name: str, runs: list[Run], expected: list[tuple[Any, ...]]) -> None:
    found = Haulage(runs).trips()
    said = [
        (t.site_fence_id, t.dump_fence_id, t.loaded_by, t.unloaded_by, t.unmatched) for t in found
    ]
    assert said == expected
    assert all(t.loaded_us <= t.left_us <= t.closed_us for t in found)


def test_what_happened_in_a_silence_is_unseen() -> None:
    runs = [*LOADED, *drive(FULL)[:20], *drive(EMPTY, back=True)[10:]]
    rows = Haulage(runs).rows()
    rows["time_us"][32:] += 3_600_000_000
    (found,) = Haulage(runs).trips(rows=rows)
    assert (found.dump_fence_id, found.unloaded_by, found.unmatched) == (None, "unseen", ())


def test_a_run_without_sensors_that_nobody_saw_end_is_closed_by_the_next() -> None:
    runs = [site(14, BLIND), *drive(BLIND), *drive(BLIND, back=True)]
    first, second = Haulage([*runs, *runs, dump(14, BLIND), *drive(BLIND, back=True)]).trips()
    assert (first.unloaded_by, first.unloaded_us, first.dump_fence_id) == ("unseen", None, None)
    assert (second.site_fence_id, second.unloaded_by) == (1, "stop")


def test_a_dump_may_be_known_from_the_permit_alone_and_windows_count() -> None:
    plain = tuple(square(f.id, 5000 if f.id == 2 else 0, 0, 150, tags=f.tags if f.id == 1 else ())
                  for f in FENCES[:2])  # fmt: skip
    book = {"fences": plain, "permits": (PERMIT,)}
    assert [t.dump_fence_id for t in Haulage(FULL_TRIP, {"fences": plain}).trips()] == [None]
    assert [t.dump_fence_id for t in Haulage(FULL_TRIP, book).trips()] == [2]
    at_night = replace(PERMIT, windows=(Weekly(EVERY_DAY, 20 * 60, 6 * 60),))
    (found,) = Haulage(FULL_TRIP, {"permits": (at_night,)}).trips()
    assert (found.permit_id, found.volume_m3) == (None, None)


def test_other_vehicles_make_no_trips_and_have_no_memory() -> None:
    sweeper = Device(id=1, organisation_id=1, identity="1", protocol="t", kind="sweeper", name="s")
    found, state = Haulage(FULL_TRIP, {"devices": (sweeper,)}).followed()
    assert found == []
    assert HAULS not in decode(state).memories


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 10_000), st.lists(st.integers(1, 119), max_size=8))
def test_any_cut_gives_the_same(seed: int, cuts: list[int]) -> None:
    signals = [{}, FULL, EMPTY, TIPPING, HALF_BLIND, LIFTED]
    places = [(0, 0), (190, 0), (1500, 0), (2500, 0), (5000, 0), (5000, 180)]
    rows = random_rows(seed, 120, places, signals)
    haulage = Haulage(())
    assert haulage.followed(cuts, rows) == haulage.followed((), rows)


def test_the_random_trails_make_trips_of_every_sort() -> None:
    """Agreeing about nothing would prove nothing."""
    signs: set[tuple[str, str]] = set()
    signals = [{}, FULL, EMPTY, TIPPING, HALF_BLIND, LIFTED]
    for seed in range(60):
        rows = random_rows(seed, 120, [(0, 0), (1500, 0), (5000, 0)], signals)
        signs |= {(t.loaded_by, t.unloaded_by) for t in Haulage(()).trips((), rows)}
    assert {s[0] for s in signs} == {"load", "stop", "unseen"}
    assert {s[1] for s in signs} >= {"load", "body", "unseen"}


def test_driving_on_and_standing_on_are_told_apart_without_changing_anything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The short way of `rules.driving_on` against `Haul.step`."""
    signals = [{}, FULL, FULL, EMPTY, TIPPING, HALF_BLIND, LIFTED]
    rows = [random_rows(seed, 120, [(0, 0), (1500, 0), (5000, 0)], signals) for seed in range(40)]
    short = [Haulage(()).followed((), some) for some in rows]
    taken: Counter[bool] = Counter()

    def never(memory: Memory, note: Note) -> bool:
        taken[note[-1]] += drives_on(dict(memory), note)
        return False

    monkeypatch.setattr(trips, "drives_on", never)
    assert [Haulage(()).followed((), some) for some in rows] == short
    assert min(taken[False], taken[True]) > 40


def test_kinds_that_ask_for_trips_are_named() -> None:
    """Else a back-test would not follow them."""
    asking = {
        name
        for name, kind in kinds_by_name().items()
        if "hauls_of" in inspect.getsource(inspect.getmodule(kind))  # type: ignore[arg-type]
    }
    assert asking == READERS


def test_fixes_without_a_position_are_passed_over() -> None:
    runs = [*LOADED, *drive(FULL), *TIPPED]
    rows = Haulage(runs).rows()
    rows["fix_source"][15:30:2] = FixSource.NONE
    assert len(Haulage(runs).trips(rows=rows)) == 1


def a_trip(loaded_s: int, closed_s: int) -> Trip:
    return Trip(
        device_id=1, organisation_id=1, site_fence_id=1, dump_fence_id=2, loaded_us=loaded_s,
        left_us=loaded_s, arrived_us=None, unloaded_us=None, closed_us=closed_s, distance_m=1,
        loaded_by="load", unloaded_by="load",
    )  # fmt: skip


def test_a_trip_keeps_its_id_where_it_overlaps_and_goes_where_it_was_not_found() -> None:
    stored = [
        StoredTrip(id=id_, device_id=device, loaded_us=begin, closed_us=end)
        for id_, device, begin, end in ((1, 1, 10, 20), (2, 1, 30, 40), (3, 1, 90, 99),
                                        (4, 2, 10, 20))
    ]  # fmt: skip
    window = Window(device_id=1, after_us=0, until_us=60, undecided=frozenset())
    found = [a_trip(18, 34), a_trip(11, 18), a_trip(50, 55)]
    changes = trip_changes(stored, found, [window])
    assert [(id_, t.loaded_us) for id_, t in changes.known] == [(1, 11), (2, 18)]
    assert [t.loaded_us for t in changes.new] == [50]
    assert changes.gone == ()
    assert trip_changes(stored, [], [window]).gone == (1, 2)
