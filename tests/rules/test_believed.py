"""Coarse fixes put nobody out of the grid and make nobody absent; good ones stand as they are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geofence.index import FenceIndex
from model.position import FixSource, Rows
from model.rulebook import Finding
from rules.believed import believe
from rules.build_view import build_view, sort_rows
from rules.engine import Engine
from rules.registry import kinds_by_name
from rules.roster import Roster
from rules.shift_report import shift_reports
from rules.state import DeviceState, decode, encode
from rules.view import View
from rules.walked import metres_apart
from tests.rules.kinds.city import Fix, rows_of
from tests.rules.kinds.patrolling import CELL, END_US, SHIFT, START_US, THERE, book

BOOK = book("inspector_off_grid")
AWAY = replace(THERE, x_m=3_000)
LBS, WIFI = {"source": FixSource.LBS}, {"source": FixSource.WIFI}


def every(seconds: int, *fixes: Fix) -> Rows:
    rows = rows_of(fixes)
    rows["time_us"] = START_US + 1_000_000 * (60 + seconds * np.arange(len(fixes)))
    return rows


def view_of(rows: Rows, states: dict[int, DeviceState] | None = None) -> View:
    view = build_view(
        sort_rows(rows), BOOK, {1: "inspector"}, Roster.of(BOOK), FenceIndex(BOOK.fences)
    )
    believe(view, {1}, states or {})
    return view


def offsets_m(rows: Rows) -> list[tuple[int, int]]:
    """(metres from THERE, stated accuracy) of each fix as believed."""
    (x, y) = (int(rows_of([THERE])[0][name]) for name in ("longitude_e6", "latitude_e6"))
    return [
        (round(metres_apart((x, y), (int(r["longitude_e6"]), int(r["latitude_e6"])))),
         int(r["accuracy_m"]))
        for r in view_of(rows).walked.rows
    ]  # fmt: skip


def test_good_fixes_stand_as_they_are() -> None:
    rows = every(10, THERE, replace(THERE, x_m=40, accuracy=30), replace(AWAY, accuracy=-1))
    view = view_of(rows)
    assert view.walked is view
    assert view.part(np.array([1])).walked.rows["accuracy_m"].tolist() == [30]


def test_a_coarse_fix_hardly_moves_the_place_and_never_makes_it_surer() -> None:
    ((_, _), (moved_m, accuracy_m)) = offsets_m(
        every(10, THERE, replace(THERE, x_m=500, accuracy=800, **LBS))
    )
    assert moved_m <= 1
    assert accuracy_m == 8 + 15


@pytest.mark.parametrize("source", [FixSource.LBS, FixSource.WIFI, FixSource.GNSS])
def test_a_fix_that_claims_too_much_moves_nothing(source: FixSource) -> None:
    stray = replace(AWAY, accuracy=50, source=source)
    assert offsets_m(every(60, THERE, stray, stray, THERE)) == [
        (0, 8), (0, 8 + 90), (0, 8 + 180), (0, 8)
    ]  # fmt: skip


def test_after_five_minutes_there_is_nothing_to_hold_it_against() -> None:
    stray = replace(AWAY, accuracy=50, **WIFI)
    found = offsets_m(every(60, THERE, *[stray] * 6))
    assert [metres for metres, _ in found] == [0] * 6 + [pytest.approx(3_000, rel=0.005)]


def test_a_network_fix_that_is_as_good_as_a_walk_allows_stands() -> None:
    assert offsets_m(every(60, THERE, replace(THERE, x_m=90, accuracy=60, **WIFI)))[1] == (90, 60)


def judged(rows: Rows, cuts: list[int]) -> tuple[bytes, list[Finding]]:
    engine = Engine(BOOK, kinds_by_name())
    states, found = {1: DeviceState()}, []
    for part in np.split(sort_rows(rows), sorted(cuts)):
        found += engine.advance(states, part)
        states = {1: decode(encode(states[1]))}
    return encode(states[1]), found


def test_an_inspector_is_not_off_grid_by_coarse_fixes() -> None:
    stray = replace(AWAY, accuracy=60, **WIFI)
    mixed = every(30, *[THERE, stray, stray, stray] * 20)
    assert judged(mixed, [])[1] == []
    assert judged(every(30, *[AWAY] * 80), [])[1] != []


FIXES = st.builds(
    Fix,
    x_m=st.sampled_from([0, 60, 400, 3_000]),
    accuracy=st.sampled_from([-1, 8, 50, 90, 800]),
    source=st.sampled_from(list(FixSource)),
    speed=st.sampled_from([None, 4, 30]),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(FIXES, min_size=2, max_size=30), st.lists(st.integers(0, 30), max_size=4))
def test_the_same_however_the_fixes_are_cut(fixes: list[Fix], cuts: list[int]) -> None:
    rows = every(40, *fixes)
    assert judged(rows, [min(cut, len(rows)) for cut in cuts]) == judged(rows, [])


def test_the_attendance_of_a_shift_reads_the_same_places() -> None:
    stray: Any = replace(AWAY, accuracy=60, **WIFI)
    rows = every(60, *[THERE, stray] * 119)
    (report,) = shift_reports(BOOK, FenceIndex((CELL,)), [SHIFT], rows, END_US)
    assert (report.away_s, report.walked_m) == (0, 0)
    assert report.present_s >= 230 * 60
