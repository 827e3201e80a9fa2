"""Routes with progress and side, road sets, point sets, grid cells."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geofence.geojson import collection_of, collection_to_fences, feature_to_fence
from geofence.index import FenceIndex
from geofence.shapes import MAX_WAYPOINTS, ShapeError
from tests.geofence.test_index import box, fence, fixes, offset, pairs

LON, LAT = 121.0, 31.0


def place(east_m: float, north_m: float) -> tuple[float, float]:
    return offset(LON, LAT, east_m, north_m)


def line(*points: tuple[float, float]) -> list[tuple[float, float]]:
    return [place(*point) for point in points]


def test_a_route_knows_progress_and_side() -> None:
    """East 1 km, then north 1 km; left of it is negative."""
    ground = line((0, 0), (1000, 0), (1000, 1000))
    index = FenceIndex([fence(1, "route", "LineString", ground, half_width_m=20)])
    rows = fixes(*line((300, 10), (300, -10), (990, 400), (1015, 400), (1000, 1200)))
    assert index.progress_m(0, rows) == pytest.approx([300, 300, 1400, 1400, 2000], abs=0.3)
    assert index.lateral_m(0, rows)[:4] == pytest.approx([-10, 10, -10, 15], abs=0.3)
    assert index.length_m(0) == pytest.approx(2000, abs=0.3)
    assert pairs(index, rows) == [(0, 0), (1, 0), (2, 0), (3, 0)]
    assert index.distance_m(0, rows) == pytest.approx([0, 0, 0, 0, 180], abs=0.3)


@settings(max_examples=30, deadline=None)
@given(
    st.floats(-179, 179), st.floats(-75, 75), st.floats(0, 2 * np.pi),
    st.floats(-450, 450), st.floats(1, 80), st.sampled_from([-1, 1]),
)  # fmt: skip
def test_progress_is_right_in_any_direction_at_any_latitude(
    lon: float, lat: float, bearing: float, along_m: float, beside_m: float, side: int
) -> None:
    east, north = np.cos(bearing), np.sin(bearing)
    ground = [offset(lon, lat, s * 500 * east, s * 500 * north) for s in (-1, 1)]
    index = FenceIndex([fence(1, "route", "LineString", ground, half_width_m=20)])
    right = side * beside_m
    fix = offset(lon, lat, along_m * east + right * north, along_m * north - right * east)
    assert index.progress_m(0, fixes(fix)) == pytest.approx([along_m + 500], abs=0.5)
    assert index.lateral_m(0, fixes(fix)) == pytest.approx([right], abs=0.5)


def test_only_a_line_has_progress_and_a_broken_one_says_nothing() -> None:
    broken = fence(2, "route", "LineString", line((0, 0), (9, 9)))
    index = FenceIndex([fence(1, "polygon", "Polygon", [box(121, 31, 121.1, 31.1)]), broken])
    with pytest.raises(ValueError, match="no direction"):
        index.progress_m(0, fixes((121, 31)))
    assert index.broken == {1: "it has no half_width_m"}
    assert np.isnan(index.progress_m(1, fixes((121, 31)))).all()
    assert np.isnan(index.length_m(1))


def test_road_sets_and_point_sets_have_a_reach() -> None:
    roads = [line((0, 0), (1000, 0)), line((0, 500), (1000, 500))]
    points = line((0, -2000), (3000, -2000))
    index = FenceIndex([
        fence(1, "road_set", "MultiLineString", roads, half_width_m=15),
        fence(2, "point_set", "MultiPoint", points, radius_m=30),
    ])  # fmt: skip
    assert not index.broken
    rows = fixes(*line((500, 10), (500, 250), (500, 490), (2, -2020), (1500, -2000), (3029, -2000)))
    assert pairs(index, rows) == [(0, 0), (2, 0), (3, 1), (5, 1)]
    assert index.distance_m(0, rows)[:3] == pytest.approx([0, 235, 0], abs=0.3)
    assert index.distance_m(1, rows)[3:] == pytest.approx([0, 1470, 0], abs=0.5)


def feature(shape: str | None, type_: str, coordinates: Any, **properties: Any) -> dict[str, Any]:
    values = {"name": "x", "id": 1, "organisation_id": 1, "responsible_organisation_id": 1}
    return {
        "type": "Feature",
        "geometry": {"type": type_, "coordinates": coordinates},
        "properties": values | properties | ({"shape": shape} if shape else {}),
    }


RING = [box(121, 31, 121.1, 31.1)]
WAYPOINT = {"name": "gate", "longitude": 121.0, "latitude": 31.0}


def test_new_shapes_survive_geojson() -> None:
    made = [
        feature_to_fence(each)
        for each in (
            feature("route", "LineString", RING[0][:3], half_width_m=9, waypoints=[WAYPOINT]),
            feature(None, "MultiLineString", [RING[0][:2]], half_width_m=9),
            feature(None, "MultiPoint", RING[0][:2], radius_m=9),
            feature("grid_cell", "Polygon", RING, code="320102001"),
        )
    ]
    assert [f.shape for f in made] == ["route", "road_set", "point_set", "grid_cell"]
    assert made[0].waypoints[0].radius_m == 50
    assert made[3].tags == ("grid",)
    assert collection_to_fences(json.loads(json.dumps(collection_of(made)))) == made


@pytest.mark.parametrize(
    ("given", "where"),
    [
        (feature("route", "LineString", RING[0][:2]), "half_width_m"),
        (feature("road_set", "MultiLineString", [RING[0][:2]], half_width_m=6000), "half_width_m"),
        (feature("road_set", "MultiLineString", [RING[0][:2], [[1, 1], [1, 1]]], half_width_m=6),
         "coordinates[1]"),
        (feature("point_set", "MultiPoint", RING[0][:2]), "radius_m"),
        (feature("point_set", "MultiPoint", [[121, 31], [31, 121]], radius_m=5), "coordinates[1]"),
        (feature("grid_cell", "Polygon", RING), "code"),
        (feature("corridor", "LineString", RING[0][:2], half_width_m=5, waypoints=[WAYPOINT]),
         "waypoints"),
        (feature("route", "LineString", RING[0][:2], half_width_m=5,
                 waypoints=[WAYPOINT | {"radius_m": 0}]), "waypoints[0]"),
        (feature("route", "LineString", RING[0][:2], half_width_m=5,
                 waypoints=[WAYPOINT] * (MAX_WAYPOINTS + 1)), "waypoints"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(given: dict[str, Any], where: str) -> None:
    with pytest.raises(ShapeError) as caught:
        feature_to_fence(given)
    assert caught.value.where == where
