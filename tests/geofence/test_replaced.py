"""An index that shares what did not change answers as a new one; crossings between two fixes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from geofence.index import FenceIndex
from geofence.layers import LEAST_OVERLAY
from model.fences import Fence
from model.position import FixSource, Rows
from tests.geofence.test_index import box, fence, fixes, pairs


def square(id_: int, column: int, row: int = 0, **more: Any) -> Fence:
    west, south = 121 + column / 100, 31 + row / 100
    ring = [box(west, south, west + 0.008, south + 0.008)]
    return fence(id_, "polygon", "Polygon", ring, **more)


def circle(id_: int, column: int, radius_m: float) -> Fence:
    return fence(id_, "circle", "Point", [121 + column / 100, 31.0], radius_m=radius_m)


def scattered(count: int, seed: int) -> Rows:
    random = np.random.default_rng(seed)
    return fixes(
        *zip(random.uniform(121, 121.12, count), random.uniform(31, 31.03, count), strict=True)
    )


def assert_equal(shared: FenceIndex, fresh: FenceIndex) -> None:
    rows = scattered(300, 5)
    assert shared.fences == fresh.fences
    assert shared.broken == fresh.broken
    assert pairs(shared, rows) == pairs(fresh, rows)
    if len(fresh):
        which = np.arange(len(rows)) % len(fresh)
        expected = fresh.distances_m(which, rows)
        assert shared.distances_m(which, rows) == pytest.approx(expected, nan_ok=True)
    assert (shared.marked(ids=(1, 2)) == fresh.marked(ids=(1, 2))).all()


CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["add", "drop", "grow", "end", "break"]), st.integers(0, 20),
        st.integers(0, 11),
    ),
    max_size=12,
)  # fmt: skip


def change(fences: list[Fence], what: str, which: int, column: int) -> list[Fence]:
    place = which % len(fences)
    old = fences[place]
    made = {
        "add": [old, square(100 + which, column, version_of(fences, 100 + which))],
        "drop": [],
        "grow": [replace(old, valid_to_us=500), replace(circle(old.id, column, 700), version=9)],
        "end": [replace(old, valid_to_us=999)],
        "break": [replace(old, geometry={"type": "Polygon", "coordinates": "x"})],
    }[what]
    changed = fences[:place] + made + fences[place + 1 :]
    return changed or [square(1, 0)]


def version_of(fences: list[Fence], id_: int) -> int:
    return sum(f.id == id_ for f in fences) % 3


@settings(max_examples=60, deadline=None)
@given(CHANGES)
def test_any_changes_one_after_another(changes: list[tuple[str, int, int]]) -> None:
    fences = [square(i, i) if i % 2 else circle(i, i, 400) for i in range(1, 11)]
    index = FenceIndex(fences)
    for what, which, column in changes:
        fences = change(fences, what, which, column)
        index = index.replaced(fences)
        assert_equal(index, FenceIndex(fences))


def test_the_base_is_shared_and_the_old_index_stays() -> None:
    fences = [square(i, i % 12) for i in range(1, 400)]
    index = FenceIndex(fences)
    rows = scattered(100, 1)
    before = pairs(index, rows)
    moved = [*fences[:7], replace(fences[7], version=2, radius_m=3.0), *fences[8:]]
    changed = index.replaced(moved)
    assert changed._layers.base is index._layers.base
    assert changed._layers.overlay is not None
    assert changed._layers.overlay.fences == (moved[7],)
    assert pairs(index, rows) == before
    assert_equal(changed, FenceIndex(moved))
    assert changed.replaced(fences)._layers.overlay is None


def test_an_overlay_that_has_grown_becomes_the_base() -> None:
    fences = [square(i, i % 12) for i in range(1, 20)]
    many = [*fences, *(square(1000 + i, i % 12, 1) for i in range(LEAST_OVERLAY + 1))]
    changed = FenceIndex(fences).replaced(many)
    assert changed._layers.overlay is None
    assert_equal(changed, FenceIndex(many))


def test_a_new_version_read_again_is_the_same_ground() -> None:
    """The database gives new objects with equal content."""
    index = FenceIndex([square(1, 0), circle(2, 3, 100)])
    again = index.replaced([square(1, 0), circle(2, 3, 100)])
    assert again._layers.overlay is None
    assert again._layers.base is index._layers.base


def walk(*points: tuple[float, float], device: int = 1, step_s: int = 10) -> Rows:
    rows = fixes(*points)
    rows["device_id"] = device
    rows["time_us"] = np.arange(len(points)) * step_s * 1_000_000 + 1
    return rows


def crossed(index: FenceIndex, rows: Rows, **more: Any) -> list[tuple[int, int]]:
    found = index.crossings(rows, **more)
    return list(zip(found.row.tolist(), found.fence.tolist(), strict=True))


ACROSS = [(120.999, 31.004), (121.009, 31.004), (121.0095, 31.004), (121.019, 31.004)]


def test_a_fence_between_two_fixes_is_crossed() -> None:
    index = FenceIndex([square(1, 0), square(2, 1), square(3, 5)])
    assert crossed(index, walk(*ACROSS)) == [(1, 0), (3, 1)]


def test_who_has_a_fix_inside_has_not_crossed_unseen() -> None:
    index = FenceIndex([square(1, 0)])
    assert crossed(index, walk((120.999, 31.004), (121.004, 31.004), (121.009, 31.004))) == []


def test_gaps_devices_validity_and_lost_fixes() -> None:
    index = FenceIndex([square(1, 0)])
    there = walk(*ACROSS[:2])
    assert crossed(index, there, max_gap_s=9) == []
    assert crossed(index, there, max_gap_m=900) == []
    assert crossed(index, there, max_gap_m=1_000) == [(1, 0)]
    two = there.copy()
    two["device_id"] = [1, 2]
    assert crossed(index, two) == []
    lost = walk(ACROSS[0], (121.004, 31.004), ACROSS[1])
    lost["fix_source"][1] = FixSource.NONE
    assert crossed(index, lost) == [(2, 0)]
    ended = FenceIndex([square(1, 0, valid_to_us=5_000_000)])
    assert crossed(ended, there) == []
    assert crossed(index, there[:1]) == crossed(index, there[:0]) == []


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_crossings_agree_with_a_finer_walk(seed: int) -> None:
    """Cut each step into 200: crossed are those that only the pieces between the ends meet."""
    index = FenceIndex([square(1, 0), square(2, 1), circle(3, 2, 300), circle(4, 0, 250)])
    random = np.random.default_rng(seed)
    ends = random.uniform((120.99, 30.99), (121.03, 31.01), (2, 2))
    rows = walk(*(tuple(end) for end in ends))
    fine = walk(*(tuple(ends[0] + share * (ends[1] - ends[0])) for share in np.linspace(0, 1, 201)))
    met = {f for _, f in pairs(index, fine)} - {f for _, f in pairs(index, rows)}
    found = {f for _, f in crossed(index, rows, max_gap_m=9_000)}
    assert met <= found
    # What only the straight line meets it meets by less than a 200th of its length.
    line_m = 4_500 / 200
    for thin in found - met:
        assert index.distance_m(thin, fine).min() < line_m
