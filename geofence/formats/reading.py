"""A file -> fences: each feature is checked, repaired on request, and brought to WGS-84.

Nothing is guessed in silence: what could not be used, and what was repaired, is named by its place.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import shapely

from geofence.datum import Datum
from geofence.formats.moved import to_wgs84
from geofence.formats.table import FORMATS
from geofence.geojson import MAX_FEATURES, FeatureError, feature_to_fence
from geofence.shapes import ShapeError
from model.fences import Fence

MAX_BYTES = 64 * 1024 * 1024
MAX_TOTAL_VERTICES = 2_000_000
MAX_NOTES = 100  # problems told one by one; more are counted
_MENDABLE = frozenset({"invalid", "not_closed"})


@dataclass(frozen=True, slots=True)
class Options:
    """`half_width_m`, `radius_m`: for lines and points that bring none. `fixed` values go before a
    feature's own properties, `defaults` after them."""

    datum: Datum = "wgs84"
    repair: bool = False
    half_width_m: float = 30.0
    radius_m: float = 50.0
    fixed: dict[str, Any] = field(default_factory=dict)
    defaults: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Note:
    """Something about one feature. `where`: a path such as `features[2].geometry...`."""

    where: str
    zh: str
    en: str


@dataclass(slots=True)
class Imported:
    """What a file holds; `problem_count` goes on where `problems` is full."""

    fences: list[Fence] = field(default_factory=list)
    problems: list[Note] = field(default_factory=list)
    repaired: list[Note] = field(default_factory=list)
    problem_count: int = 0

    def problem(self, where: str, error: FeatureError | ShapeError) -> None:
        """Keep what is wrong with a feature."""
        self.problem_count += 1
        if len(self.problems) < MAX_NOTES:
            self.problems.append(Note(where, error.zh, error.en))


def read_fences(name: str, data: bytes, options: Options) -> Imported:
    """Fences of a file. Raises FeatureError when it is no such file, or larger than allowed."""
    if len(data) > MAX_BYTES:
        raise FeatureError("", f"文件超过 {MAX_BYTES} 字节", f"the file has over {MAX_BYTES} bytes")
    features = FORMATS[name].read(data)
    if len(features) > MAX_FEATURES:
        raise FeatureError(
            "features", f"超过 {MAX_FEATURES} 个：请分批导入",
            f"more than {MAX_FEATURES}: import them in parts",
        )  # fmt: skip
    result, vertices = Imported(), 0
    for i, feature in enumerate(features):
        fence = _fence(feature, f"features[{i}]", name, options, result)
        if fence is None:
            continue
        vertices += int(shapely.get_num_coordinates(shapely.geometry.shape(fence.geometry)))
        if vertices > MAX_TOTAL_VERTICES:
            raise FeatureError(
                f"features[{i}]", f"顶点共超过 {MAX_TOTAL_VERTICES} 个：请分批导入",
                f"over {MAX_TOTAL_VERTICES} vertices up to here: import them in parts",
            )  # fmt: skip
        result.fences.append(to_wgs84(fence, options.datum))
    return result


def _fence(feature: Any, where: str, name: str, options: Options, result: Imported) -> Fence | None:
    number = where.removeprefix("features[").rstrip("]")
    given = _completed(feature, f"{name} {number}", options)
    try:
        return feature_to_fence(given, **options.fixed)
    except FeatureError as error:
        result.problem(where, error)
    except ShapeError as error:
        mended = _mended(given) if options.repair and error.code in _MENDABLE else None
        if mended is not None:
            return _again(mended, where, error, options, result)
        result.problem(f"{where}.geometry", error)
    return None


def _again(
    feature: dict[str, Any], where: str, why: ShapeError, options: Options, result: Imported
) -> Fence | None:
    try:
        fence = feature_to_fence(feature, **options.fixed)
    except (FeatureError, ShapeError) as error:
        result.problem(f"{where}.geometry", error)
        return None
    if len(result.repaired) < MAX_NOTES:
        result.repaired.append(Note(f"{where}.geometry", f"已修复：{why.zh}", f"mended: {why.en}"))
    return fence


def _completed(feature: Any, name: str, options: Options) -> Any:
    """The feature with what its file cannot say; anything but a feature stays as it is."""
    if not isinstance(feature, dict) or not isinstance(feature.get("properties") or {}, dict):
        return feature
    geometry, given = feature.get("geometry"), feature.get("properties") or {}
    kind = str(geometry.get("type")) if isinstance(geometry, dict) else ""
    values: dict[str, Any] = {"name": name, **options.defaults}
    if kind.endswith("LineString"):
        values["half_width_m"] = options.half_width_m
    elif kind.endswith("Point"):
        values["radius_m"] = options.radius_m
    values |= {key: value for key, value in given.items() if value is not None}
    return {**feature, "properties": values}


def _mended(feature: dict[str, Any]) -> dict[str, Any] | None:
    """Rings closed, and areas made valid; None where no area is left."""
    geometry = feature["geometry"]
    polygons = geometry["coordinates"]
    if geometry["type"] == "Polygon":
        polygons = [polygons]
    elif geometry["type"] != "MultiPolygon":
        return None
    closed = [[_closed(ring) for ring in polygon] for polygon in polygons]
    try:
        valid = shapely.make_valid(shapely.geometry.shape(
            {"type": "MultiPolygon", "coordinates": closed}
        ))  # fmt: skip
    except (ValueError, shapely.errors.ShapelyError):
        return None
    areas = [part for part in shapely.get_parts(valid) if part.geom_type.endswith("Polygon")]
    areas = [part for area in areas for part in shapely.get_parts(area)]
    if not areas:
        return None
    whole = areas[0] if len(areas) == 1 else shapely.MultiPolygon(areas)
    properties = dict(feature["properties"])
    if properties.get("shape") in (None, "polygon", "multipolygon"):
        properties["shape"] = whole.geom_type.lower()
    return {**feature, "geometry": json.loads(shapely.to_geojson(whole)), "properties": properties}


def _closed(ring: list[Any]) -> list[Any]:
    flat = [list(position[:2]) for position in ring]
    return flat if flat[0] == flat[-1] else [*flat, flat[0]]
