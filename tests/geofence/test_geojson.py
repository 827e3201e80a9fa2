"""Fences leave and enter as GeoJSON without loss; a bad feature is named."""

from __future__ import annotations

import json
from typing import Any

import pytest

from geofence.geojson import (
    FeatureError,
    collection_of,
    collection_to_fences,
    feature_of,
    feature_to_fence,
)
from geofence.shapes import ShapeError
from model.fences import Fence
from model.rulebook import FAR_FUTURE_US

RING = [[121.0, 31.0], [121.1, 31.0], [121.1, 31.1], [121.0, 31.1], [121.0, 31.0]]
FENCES = [
    Fence(
        id=1, version=3, organisation_id=2, responsible_organisation_id=4, name="工地一", code="S1",
        shape="polygon", geometry={"type": "Polygon", "coordinates": [RING]},
        tags=("site", "district"), valid_from_us=5, valid_to_us=FAR_FUTURE_US,
    ),
    Fence(
        id=2, version=1, organisation_id=2, responsible_organisation_id=4, name="circle",
        shape="circle", geometry={"type": "Point", "coordinates": [121.0, 31.0]}, radius_m=80.5,
        valid_from_us=0, valid_to_us=9,
    ),
    Fence(
        id=3, version=1, organisation_id=2, responsible_organisation_id=2, name="road",
        shape="corridor", geometry={"type": "LineString", "coordinates": RING[:3]},
        half_width_m=15, valid_from_us=0, valid_to_us=FAR_FUTURE_US,
    ),
    Fence(
        id=4, version=1, organisation_id=2, responsible_organisation_id=2, name="two",
        shape="multipolygon", geometry={"type": "MultiPolygon", "coordinates": [[RING]]},
        valid_from_us=0, valid_to_us=FAR_FUTURE_US,
    ),
]  # fmt: skip


def test_round_trip_through_text() -> None:
    text = json.dumps(collection_of(FENCES), ensure_ascii=False)
    assert collection_to_fences(json.loads(text)) == FENCES


def test_drawn_elsewhere() -> None:
    """A plain feature of another program, with values that the caller decides."""
    feature = {
        "type": "Feature",
        "geometry": {"type": "LineString", "coordinates": RING[:2], "bbox": [1, 2, 3, 4]},
        "properties": {"name": "路", "half_width_m": 12, "stroke": "#f00", "organisation_id": 99},
    }
    fence = feature_to_fence(feature, id=7, organisation_id=2, responsible_organisation_id=4)
    assert (fence.id, fence.version, fence.shape, fence.half_width_m) == (7, 1, "corridor", 12)
    assert fence.organisation_id == 2, "the caller's organisation goes before the file's"
    assert set(fence.geometry) == {"type", "coordinates"}
    assert fence.valid_to_us == FAR_FUTURE_US


def broken(**changes: Any) -> dict[str, Any]:
    return feature_of(FENCES[0]) | changes


BAD = [
    ({"type": "Feature"}, "features[1]: has no geometry"),
    (7, "features[1]: expected a GeoJSON Feature"),
    (broken(properties=[1]), "features[1]: properties must be an object"),
    (broken(properties={"name": "x"}), "features[1]: bad property: Object missing required"),
    (broken(properties={**feature_of(FENCES[0])["properties"], "tags": 5}), "bad property"),
    (broken(geometry={"type": "Polygon", "coordinates": [RING[:-1]]}),
     r"features[1].geometry: coordinates[0]: the ring is not closed"),
    (broken(geometry={"type": "Sphere"}, properties={}), "the geometry must be one of Polygon"),
]  # fmt: skip


@pytest.mark.parametrize(("feature", "words"), BAD, ids=range(len(BAD)))
def test_a_bad_feature_is_named(feature: Any, words: str) -> None:
    collection = {"type": "FeatureCollection", "features": [feature_of(FENCES[1]), feature]}
    with pytest.raises(FeatureError) as caught:
        collection_to_fences(collection)
    assert words in caught.value.en
    assert caught.value.zh


def test_what_is_no_collection() -> None:
    for collection in (None, [], {"type": "FeatureCollection"}, feature_of(FENCES[0])):
        with pytest.raises(FeatureError):
            collection_to_fences(collection)


def test_one_feature_says_what_is_wrong_with_its_shape() -> None:
    with pytest.raises(ShapeError, match="half_width_m"):
        feature_to_fence(
            {"type": "Feature", "geometry": {"type": "LineString", "coordinates": RING[:2]}},
            id=1, organisation_id=1, responsible_organisation_id=1, name="x",
        )  # fmt: skip
