"""Fences as GeoJSON (RFC 7946): the geometry as it is, everything else in `properties`.

A circle is a Point with `radius_m`, a corridor a LineString with `half_width_m`. On import the
shape may be left out: the geometry's type says it (a LineString is a corridor unless `shape` says
route, a Polygon a plain one unless it says grid_cell).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, get_args

import msgspec

from geofence.shapes import GEOMETRY_OF, ShapeError, check_fence
from model.fences import Fence, Shape
from model.rulebook import FAR_FUTURE_US

MAX_FEATURES = 100_000
# The first shape of each geometry is the plain one.
_SHAPE_OF = {geometry: shape for shape, geometry in reversed(GEOMETRY_OF.items())}
GRID_TAG = "grid"
_PROPERTIES = tuple(name for name in Fence.__struct_fields__ if name != "geometry")


class FeatureError(ValueError):
    """A feature that is no fence. `where`: a path such as `features[2].geometry...`."""

    def __init__(self, where: str, zh: str, en: str) -> None:
        self.where = where
        self.zh = f"{where}：{zh}" if where else zh
        self.en = f"{where}: {en}" if where else en
        super().__init__(self.en)


def feature_of(fence: Fence) -> dict[str, Any]:
    """A GeoJSON Feature; `feature_to_fence` gives the same fence back."""
    properties = msgspec.to_builtins(fence)
    geometry = properties.pop("geometry")
    return {
        "type": "Feature",
        "id": fence.id,
        "geometry": geometry,
        "properties": properties,
    }


def collection_of(fences: Iterable[Fence]) -> dict[str, Any]:
    """A GeoJSON FeatureCollection."""
    return {"type": "FeatureCollection", "features": [feature_of(fence) for fence in fences]}


def feature_to_fence(feature: Any, **fixed: Any) -> Fence:
    """A fence from a Feature; `fixed` values (id, organisation, ...) go before its properties.

    Raises FeatureError or ShapeError, which name the place and say what to do.
    """
    return _fence(feature, "", fixed)


def collection_to_fences(collection: Any, **fixed: Any) -> list[Fence]:
    """Fences from a FeatureCollection, all or none. Raises FeatureError naming the feature."""
    if not isinstance(collection, dict) or collection.get("type") != "FeatureCollection":
        raise FeatureError(
            "", "应为 GeoJSON FeatureCollection", "expected a GeoJSON FeatureCollection"
        )
    features = collection.get("features")
    if not isinstance(features, list):
        raise FeatureError("features", "应为数组", "must be an array")
    if len(features) > MAX_FEATURES:
        raise FeatureError(
            "features", f"超过 {MAX_FEATURES} 个：请分批导入",
            f"more than {MAX_FEATURES}: import them in parts",
        )  # fmt: skip
    return [_member(feature, f"features[{i}]", fixed) for i, feature in enumerate(features)]


def _member(feature: Any, where: str, fixed: dict[str, Any]) -> Fence:
    try:
        return _fence(feature, where, fixed)
    except ShapeError as error:
        place = f"{where}.geometry"
        raise FeatureError(place, error.zh, error.en) from error


def _fence(feature: Any, where: str, fixed: dict[str, Any]) -> Fence:
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        raise FeatureError(where, "应为 GeoJSON Feature", "expected a GeoJSON Feature")
    geometry = feature.get("geometry")
    if not isinstance(geometry, dict):
        raise FeatureError(where, "缺少 geometry", "has no geometry")
    given = feature.get("properties") or {}
    if not isinstance(given, dict):
        raise FeatureError(where, "properties 应为对象", "properties must be an object")
    values: dict[str, Any] = {"version": 1, "valid_from_us": 0, "valid_to_us": FAR_FUTURE_US}
    values |= {name: given[name] for name in _PROPERTIES if given.get(name) is not None}
    values |= fixed
    values.setdefault("shape", _SHAPE_OF.get(str(geometry.get("type"))))
    if values["shape"] not in get_args(Shape):
        known = ", ".join(dict.fromkeys(GEOMETRY_OF.values()))
        raise FeatureError(
            where, f"几何类型应为 {known} 之一", f"the geometry must be one of {known}"
        )
    values["geometry"] = {key: geometry.get(key) for key in ("type", "coordinates")}
    fence = _convert(values, where)
    if fence.shape == "grid_cell" and GRID_TAG not in fence.tags:
        fence = msgspec.structs.replace(fence, tags=(*fence.tags, GRID_TAG))
    check_fence(fence)
    return fence


def _convert(values: dict[str, Any], where: str) -> Fence:
    try:
        return msgspec.convert(values, Fence)
    except msgspec.ValidationError as error:
        raise FeatureError(where, f"属性有误：{error}", f"bad property: {error}") from error
