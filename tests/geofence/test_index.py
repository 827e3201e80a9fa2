"""FenceIndex: holes, parts, circles and corridors in metres, validity, broken rows, many fences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geofence.geodesy import LocalFrames
from geofence.index import FenceIndex
from model.fences import Fence
from model.position import FixSource, Rows, empty_rows
from model.rulebook import FAR_FUTURE_US
from tests.geofence.oracle import vincenty_m

ZERO = np.zeros(1, np.intp)


def fence(id_: int, shape: str, type_: str, coordinates: Any, **more: Any) -> Fence:
    values: dict[str, Any] = {"valid_from_us": 0, "valid_to_us": FAR_FUTURE_US}
    return Fence(
        id=id_, version=1, organisation_id=1, responsible_organisation_id=1, name=str(id_),
        shape=shape, geometry={"type": type_, "coordinates": coordinates}, **(values | more),
    )  # fmt: skip


def box(west: float, south: float, east: float, north: float) -> list[list[float]]:
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def fixes(*points: tuple[float, float], time_us: int = 1_000) -> Rows:
    rows = empty_rows(len(points))
    rows["fix_source"], rows["time_us"] = FixSource.GNSS, time_us
    rows["longitude_e6"] = [round(lon * 1e6) for lon, _ in points]
    rows["latitude_e6"] = [round(lat * 1e6) for _, lat in points]
    return rows


def offset(lon: float, lat: float, east_m: float, north_m: float) -> tuple[float, float]:
    x, y = LocalFrames.about(lon, lat).unproject(ZERO, np.array([east_m]), np.array([north_m]))
    return float(x[0]), float(y[0])


def pairs(index: FenceIndex, rows: Rows) -> list[tuple[int, int]]:
    found = index.locate(rows)
    return list(zip(found.row.tolist(), found.fence.tolist(), strict=True))


def test_holes_parts_and_overlaps() -> None:
    with_hole = [box(121, 31, 121.1, 31.1), box(121.04, 31.04, 121.06, 31.06)]
    parts = [[box(121.05, 31, 121.2, 31.1)], [box(122, 31, 122.1, 31.1)]]
    index = FenceIndex([
        fence(1, "polygon", "Polygon", with_hole), fence(2, "multipolygon", "MultiPolygon", parts),
    ])  # fmt: skip
    rows = fixes((121.01, 31.01), (121.05, 31.05), (121.09, 31.05), (122.05, 31.05), (123, 31))
    assert pairs(index, rows) == [(0, 0), (1, 1), (2, 0), (2, 1), (3, 1)]


def test_membership_by_marks() -> None:
    index = FenceIndex([
        fence(8, "polygon", "Polygon", [box(121, 31, 121.1, 31.1)], tags=("site",)),
        fence(9, "polygon", "Polygon", [box(121, 31, 121.2, 31.1)], tags=("district", "site")),
    ])  # fmt: skip
    found = index.locate(fixes((121.05, 31.05), (121.15, 31.05), (125, 31)))
    site, district = index.marked(tags=("site",)), index.marked(tags=("district",))
    assert site.tolist() == [True, True]
    assert index.marked(ids=(8,)).tolist() == [True, False]
    assert index.marked(ids=(8,), tags=("district",)).tolist() == [True, True]
    assert not index.marked().any()
    assert found.rows_inside(district, 3).tolist() == [True, True, False]
    assert found.first_inside(site, 3).tolist() == [0, 1, -1]
    assert found.first_inside(district, 3).tolist() == [1, 1, -1]


def test_validity_is_that_of_the_fix_time() -> None:
    ring = [box(121, 31, 121.1, 31.1)]
    index = FenceIndex([
        fence(1, "polygon", "Polygon", ring, valid_to_us=1_000),
        fence(1, "polygon", "Polygon", ring, valid_from_us=1_000, valid_to_us=2_000),
    ])  # fmt: skip
    rows = fixes(*[(121.05, 31.05)] * 4)
    rows["time_us"] = [999, 1_000, 1_999, 2_000]
    assert pairs(index, rows) == [(0, 0), (1, 1), (2, 1)]
    assert index.in_force(np.array([0, 1]), np.array([999, 999])).tolist() == [True, False]


def test_fixes_without_position_are_nowhere() -> None:
    index = FenceIndex([fence(1, "polygon", "Polygon", [box(121, 31, 121.1, 31.1)])])
    rows = fixes(*[(121.05, 31.05)] * 4)
    rows["fix_source"] = [FixSource.NONE, FixSource.GNSS, FixSource.LBS, FixSource.WIFI]
    assert pairs(index, rows) == [(1, 0), (2, 0), (3, 0)]


@settings(max_examples=40, deadline=None)
@given(st.floats(-179, 179), st.floats(-75, 75), st.floats(20, 50_000), st.floats(0, 2 * np.pi))
def test_circles_are_round_at_any_latitude(
    lon: float, lat: float, radius_m: float, bearing: float
) -> None:
    index = FenceIndex([fence(1, "circle", "Point", [lon, lat], radius_m=radius_m)])
    step_m = 0.001 * radius_m + 0.2  # 0.1 %, and what rounding to 1e-6 degree may move
    points = [
        offset(lon, lat, r * np.cos(bearing), r * np.sin(bearing))
        for r in (radius_m - step_m, radius_m + step_m)
    ]
    if max(abs(point[0]) for point in points) > 180:
        return  # a shape over the date line has to be cut there
    assert pairs(index, fixes(*points)) == [(0, 0)]
    rows = fixes(offset(lon, lat, 0, radius_m + 500))
    exact = vincenty_m(lon, lat, rows["longitude_e6"][0] / 1e6, rows["latitude_e6"][0] / 1e6)
    assert index.distance_m(0, rows)[0] == pytest.approx(
        exact - radius_m, rel=0.001, abs=0.001 * radius_m
    )


@settings(max_examples=40, deadline=None)
@given(
    st.floats(-179, 179), st.floats(-75, 75), st.floats(5, 200), st.floats(0, 2 * np.pi),
    st.floats(-0.9, 0.9), st.sampled_from([-1, 1]),
)  # fmt: skip
def test_corridors_are_as_wide_as_they_say(
    lon: float, lat: float, half_m: float, bearing: float, along: float, side: int
) -> None:
    """A straight kilometre in any direction at any latitude."""
    east, north = np.cos(bearing), np.sin(bearing)
    line = [offset(lon, lat, s * 500 * east, s * 500 * north) for s in (-1, 1)]
    index = FenceIndex([fence(1, "corridor", "LineString", line, half_width_m=half_m)])
    # 0.3 m: rounding to 1e-6 degree, and the bow between straight in degrees and straight.
    reach = [side * (half_m - 0.3), side * (half_m + 0.3), side * (half_m + 100)]
    points = [
        offset(lon, lat, along * 500 * east - r * north, along * 500 * north + r * east)
        for r in reach
    ]
    rows = fixes(*points)
    assert pairs(index, rows) == [(0, 0)]
    assert index.distance_m(0, rows) == pytest.approx([0, 0.3, 100], abs=0.3)


def test_a_long_corridor_follows_its_line_not_the_great_circle() -> None:
    """GeoJSON lines are straight in degrees: 50 km along a parallel at 60 N bow 85 m."""
    index = FenceIndex([
        fence(1, "corridor", "LineString", [[10.0, 60.0], [10.9, 60.0]], half_width_m=10)
    ])  # fmt: skip
    rows = fixes((10.45, 60.0), (10.45, 60.0002))
    assert pairs(index, rows) == [(0, 0)]
    assert index.distance_m(0, rows) == pytest.approx([0, 12.3], abs=0.2)


def test_distance_to_polygons_counts_holes_and_parts() -> None:
    lon, lat = 121.0, 31.0

    def ring(x: float, y: float, half_m: float) -> list[tuple[float, float]]:
        corners = ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1))
        return [offset(lon, lat, x + a * half_m, y + b * half_m) for a, b in corners]

    shape = [[ring(0, 0, 1000), ring(0, 0, 200)], [ring(5000, 0, 100)]]
    index = FenceIndex([fence(1, "multipolygon", "MultiPolygon", shape)])
    places = [(500, 0), (150, 0), (0, 1300), (4000, 0), (5000, 0)]
    rows = fixes(*(offset(lon, lat, *place) for place in places))
    assert index.distance_m(0, rows) == pytest.approx([0, 50, 300, 900, 0], abs=0.3)


def test_distances_from_the_other_side_of_the_world() -> None:
    index = FenceIndex([fence(1, "circle", "Point", [121.0, 31.0], radius_m=100)])
    assert index.distance_m(0, fixes((-59.0, -31.0)))[0] > 19_000_000


def test_pairs_equal_single_distances() -> None:
    random = np.random.default_rng(3)
    index = FenceIndex([
        fence(i, "circle", "Point", [121 + i / 100, 31.0], radius_m=50.0 + i) for i in range(20)
    ])  # fmt: skip
    rows = fixes(
        *zip(random.uniform(121, 121.2, 200), random.uniform(30.9, 31.1, 200), strict=True)
    )
    which = random.integers(0, 20, 200)
    together = index.distances_m(which, rows)
    for i in range(20):
        mine = which == i
        assert together[mine] == pytest.approx(index.distance_m(i, rows[mine]))


BROKEN = [
    ("polygon", "Polygon", "nonsense"),
    ("polygon", "Polygon", [[[121, 31], [121.1, 31]]]),
    ("polygon", "LineString", [[121, 31], [121.1, 31]]),
    ("circle", "Point", [121.0, 31.0]),
    ("corridor", "LineString", [[121, 31], [121.1, 31]]),
    ("multipolygon", "MultiPolygon", []),
]


@pytest.mark.parametrize(("shape", "type_", "coordinates"), BROKEN)
def test_a_broken_fence_is_named_and_harms_no_other(
    shape: str, type_: str, coordinates: Any
) -> None:
    good = fence(2, "polygon", "Polygon", [box(121, 31, 121.1, 31.1)])
    index = FenceIndex([fence(1, shape, type_, coordinates), good])
    assert list(index.broken) == [0]
    assert index.broken[0]
    rows = fixes((121.05, 31.05))
    assert pairs(index, rows) == [(0, 1)]
    assert np.isnan(index.distance_m(0, rows)).all()
    assert index.distances_m(np.array([0, 1]), fixes((121.05, 31.05), (121.05, 31.05)))[1] == 0


def test_nothing_in_nothing_out() -> None:
    assert pairs(FenceIndex([]), fixes((121, 31))) == []
    index = FenceIndex([fence(1, "polygon", "Polygon", [box(121, 31, 121.1, 31.1)])])
    assert pairs(index, empty_rows(0)) == []
    assert len(index.distance_m(0, empty_rows(0))) == 0


@pytest.mark.parametrize("moved", [[], [0], [2, 4], [0, 1, 2, 3, 4]])
def test_relocated_rows_are_where_they_would_be_found(moved: list[int]) -> None:
    index = FenceIndex([
        fence(1, "polygon", "Polygon", [box(121, 31, 121.1, 31.1)]),
        fence(2, "polygon", "Polygon", [box(121.05, 31, 121.2, 31.1)]),
    ])  # fmt: skip
    rows = fixes((121.01, 31.01), (121.07, 31.05), (121.15, 31.05), (123, 31), (121.08, 31.02))
    known = index.locate(rows)
    rows["longitude_e6"][moved] += 60_000
    again = index.relocated(known, rows, np.array(moved, np.intp))
    assert list(zip(again.row.tolist(), again.fence.tolist(), strict=True)) == pairs(index, rows)


def test_the_index_agrees_with_a_plain_walk() -> None:
    """Against each fence alone, over random polygons, circles and corridors."""
    random = np.random.default_rng(11)
    fences = []
    for i in range(60):
        lon, lat = random.uniform(121, 121.2), random.uniform(31, 31.2)
        if i % 3 == 0:
            ring = box(lon, lat, lon + random.uniform(0.001, 0.05), lat + 0.01)
            fences.append(fence(i, "polygon", "Polygon", [ring]))
        elif i % 3 == 1:
            radius_m = random.uniform(50, 3000)
            fences.append(fence(i, "circle", "Point", [lon, lat], radius_m=radius_m))
        else:
            line = [[lon, lat], [lon + 0.05, lat + 0.02], [lon + 0.03, lat - 0.02]]
            fences.append(fence(i, "corridor", "LineString", line, half_width_m=80))
    index = FenceIndex(fences)
    assert not index.broken
    points = zip(random.uniform(121, 121.2, 500), random.uniform(31, 31.2, 500), strict=True)
    rows = fixes(*points)
    found = set(pairs(index, rows))
    assert len(found) > 200
    for i in range(len(fences)):
        distance_m = index.distance_m(i, rows)
        inside = np.array([(row, i) in found for row in range(len(rows))])
        assert (distance_m[inside] < 1).all()
        # What lies inside by metres is found, but for a metre (0.03 % of 3 km) at the ring.
        edge_m = shapely.distance(index._layers.areas[i].boundary, shapely.points(
            rows["longitude_e6"] / 1e6, rows["latitude_e6"] / 1e6
        )) * 95_000  # fmt: skip
        assert inside[(distance_m == 0) & (edge_m > 1)].all()
