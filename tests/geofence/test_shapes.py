"""What is no fence is refused with its place, in words that say what to do."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geofence.shapes import MAX_VERTICES, ShapeError, parse_shape

RING = [[121.0, 31.0], [121.1, 31.0], [121.1, 31.1], [121.0, 31.1], [121.0, 31.0]]
HOLE = [[121.02, 31.02], [121.04, 31.02], [121.04, 31.04], [121.02, 31.04], [121.02, 31.02]]
FAR = [[122.0, 31.0], [122.1, 31.0], [122.1, 31.1], [122.0, 31.0]]


def polygon(*rings: Any) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": list(rings)}


def line(*points: Any) -> dict[str, Any]:
    return {"type": "LineString", "coordinates": list(points)}


def test_good_shapes() -> None:
    assert parse_shape("polygon", polygon(RING, HOLE)).area == pytest.approx(0.01 - 0.0004)
    both = {"type": "MultiPolygon", "coordinates": [[RING, HOLE], [FAR]]}
    assert len(parse_shape("multipolygon", both).geoms) == 2
    point = {"type": "Point", "coordinates": [121.0, 31.0]}
    assert parse_shape("circle", point, radius_m=300).geom_type == "Point"
    assert parse_shape("corridor", line(*RING[:3]), half_width_m=20).length == pytest.approx(0.2)


def test_altitudes_are_dropped() -> None:
    ring = [[*position, 4.5] for position in RING]
    assert not parse_shape("polygon", polygon(ring)).has_z


BOW_TIE = [[121.0, 31.0], [121.1, 31.1], [121.1, 31.0], [121.0, 31.1], [121.0, 31.0]]
LONG = [[121 + i * 1e-6, 31.0] for i in range(MAX_VERTICES + 1)]
BAD: list[tuple[str, str, dict[str, Any], str, str]] = [
    ("not closed", "polygon", polygon(RING[:-1]), "not_closed", "coordinates[0]"),
    ("hole not closed", "polygon", polygon(RING, HOLE[:-1]), "not_closed", "coordinates[1]"),
    ("crosses itself", "polygon", polygon(BOW_TIE), "invalid", "coordinates"),
    ("hole outside", "polygon", polygon(RING, FAR), "invalid", "coordinates"),
    ("two points", "polygon", polygon([RING[0], RING[1], RING[0]]), "too_few_vertices",
     "coordinates[0]"),
    ("swapped", "polygon", polygon([p[::-1] for p in RING]), "swapped", "coordinates[0][0]"),
    ("swapped in the west", "corridor", line([43.8, 87.6], [43.9, 87.6]), "swapped",
     "coordinates[0]"),
    ("off the map", "corridor", line([121, 31], [191, 31]), "out_of_range", "coordinates[1]"),
    ("text", "corridor", line([121, 31], ["121", 31]), "not_numbers", "coordinates[1]"),
    ("true is no number", "corridor", line([121, 31], [True, 31]), "not_numbers",
     "coordinates[1]"),
    ("nothing", "corridor", line([121, 31], None), "not_numbers", "coordinates[1]"),
    ("not a number", "corridor", line([121, 31], [float("nan"), 31]), "not_numbers",
     "coordinates[1]"),
    ("a number beyond floats", "corridor", line([121, 31], [10**400, 31]), "not_numbers",
     "coordinates[1]"),
    ("one point twice", "corridor", line([121, 31], [121, 31]), "too_few_vertices",
     "coordinates"),
    ("a ring too few", "polygon", {"type": "Polygon", "coordinates": RING}, "not_numbers",
     "coordinates[0][0]"),
    ("no rings", "polygon", polygon(), "wrong_nesting", "coordinates"),
    ("no coordinates", "polygon", {"type": "Polygon"}, "wrong_nesting", "coordinates"),
    ("another type", "polygon", line(*RING), "wrong_type", "type"),
    ("a collection", "polygon", {"type": "GeometryCollection", "geometries": []}, "wrong_type",
     "type"),
    ("too long", "corridor", line(*LONG), "too_many_vertices", "coordinates"),
    ("unknown", "hexagon", polygon(RING), "unknown_shape", "shape"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "shape", "geometry", "code", "where"), BAD, ids=[case[0] for case in BAD]
)
def test_bad_shapes(name: str, shape: Any, geometry: dict[str, Any], code: str, where: str) -> None:
    with pytest.raises(ShapeError) as caught:
        parse_shape(shape, geometry, half_width_m=20)
    assert (caught.value.code, caught.value.where) == (code, where)
    assert caught.value.en.startswith(where)
    assert caught.value.zh.startswith(where)
    assert len(caught.value.en) < 300


@pytest.mark.parametrize("radius_m", [None, 0, -5, 50_001, float("nan")])
def test_a_circle_needs_a_radius(radius_m: float | None) -> None:
    with pytest.raises(ShapeError, match="radius_m"):
        parse_shape("circle", {"type": "Point", "coordinates": [121, 31]}, radius_m=radius_m)


@pytest.mark.parametrize("half_width_m", [None, 0, 5_001])
def test_a_corridor_needs_a_width(half_width_m: float | None) -> None:
    with pytest.raises(ShapeError, match="half_width_m"):
        parse_shape("corridor", line([121, 31], [122, 31]), half_width_m=half_width_m)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=20,
)


@given(
    st.sampled_from(["polygon", "multipolygon", "circle", "corridor"]),
    st.sampled_from(["Polygon", "MultiPolygon", "Point", "LineString"]),
    json_values,
)
def test_whatever_comes_is_refused_or_a_shape(shape: Any, type_: str, coordinates: Any) -> None:
    try:
        parsed = parse_shape(shape, {"type": type_, "coordinates": coordinates}, 100, 20)
    except ShapeError:
        return
    assert parsed.is_valid
