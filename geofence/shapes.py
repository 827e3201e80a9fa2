"""GeoJSON geometry of a fence, checked: what is wrong, where, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, get_args

import shapely
from shapely.geometry.base import BaseGeometry

from model.fences import Fence, Shape, Waypoint

MAX_VERTICES = 20_000
MAX_RADIUS_M = 50_000.0
MAX_HALF_WIDTH_M = 5_000.0
MAX_WAYPOINTS = 1_000
GEOMETRY_OF: dict[str, str] = {
    "polygon": "Polygon",
    "multipolygon": "MultiPolygon",
    "circle": "Point",
    "corridor": "LineString",
    "route": "LineString",
    "road_set": "MultiLineString",
    "point_set": "MultiPoint",
    "grid_cell": "Polygon",
}
# What makes an area of a point or a line: the field, and the most it may be.
REACH_OF: dict[str, tuple[str, float]] = {
    "circle": ("radius_m", MAX_RADIUS_M),
    "point_set": ("radius_m", MAX_RADIUS_M),
    "corridor": ("half_width_m", MAX_HALF_WIDTH_M),
    "route": ("half_width_m", MAX_HALF_WIDTH_M),
    "road_set": ("half_width_m", MAX_HALF_WIDTH_M),
}
_DEPTH = {
    "Point": 0,
    "LineString": 1,
    "MultiPoint": 1,
    "Polygon": 2,
    "MultiLineString": 2,
    "MultiPolygon": 3,
}
# No fence lies between here and the pole, but a swapped 43.8 N 87.6 E does.
_SUSPICIOUS_LATITUDE = 84.0
_SANE = 1e9  # no NaN, no infinity, and no integer too long for a float

_TEXTS: dict[str, tuple[str, str]] = {
    "unknown_shape": (
        "不支持的形状 {value}：请用 {known} 之一",
        "unknown shape {value}: use one of {known}",
    ),
    "wrong_type": (
        "{shape} 的 GeoJSON 类型应为 {expected}，而不是 {value}",
        "a {shape} is a GeoJSON {expected}, not {value}",
    ),
    "not_numbers": (
        "坐标应为 [经度, 纬度] 两个有限数值，实为 {value}",
        "a position is [longitude, latitude], two finite numbers, not {value}",
    ),
    "wrong_nesting": (
        "坐标嵌套层次不对：{expected} 在此处应为数组",
        "coordinates are nested wrongly: a {expected} needs an array here",
    ),
    "swapped": (
        "纬度 {value} 超出范围，经纬度可能颠倒：GeoJSON 先经度后纬度",
        "latitude {value} is out of place: longitude and latitude look swapped, "
        "GeoJSON puts the longitude first",
    ),
    "out_of_range": (
        "经度 {value} 不在 -180 到 180 之间",
        "longitude {value} is not between -180 and 180",
    ),
    "too_many_vertices": (
        "顶点超过 {value} 个：请简化图形",
        "more than {value} vertices: simplify the shape",
    ),
    "too_few_vertices": (
        "至少需要 {value} 个不同的点",
        "needs at least {value} different points",
    ),
    "not_closed": (
        "环未闭合：最后一点应与第一点 {value} 相同",
        "the ring is not closed: its last position must repeat the first, {value}",
    ),
    "invalid": ("图形无效：{value}", "the shape is invalid: {value}"),
    "reach": (
        "{shape} 的 {field} 应大于 0 且不超过 {value} 米",
        "a {shape} needs {field} above 0 and at most {value}",
    ),
    "no_code": ("单元网格须有编码 code", "a grid cell needs its code"),
    "waypoints_of_route": (
        "只有 route 才有途经点",
        "only a route has waypoints",
    ),
    "too_many_waypoints": (
        "途经点超过 {value} 个",
        "more than {value} waypoints",
    ),
}


class ShapeError(ValueError):
    """A shape that cannot be a fence. `where`: a path such as `coordinates[0][3]`."""

    def __init__(self, code: str, where: str, **values: object) -> None:
        zh, en = (text.format(**values) for text in _TEXTS[code])
        self.code = code
        self.where = where
        self.zh = f"{where}：{zh}"
        self.en = f"{where}: {en}"
        super().__init__(self.en)


def parse_shape(
    shape: Shape,
    geometry: dict[str, Any],
    radius_m: float | None = None,
    half_width_m: float | None = None,
) -> BaseGeometry:
    """The geometry in degrees (a circle's centre, a corridor's line). Raises ShapeError."""
    if shape not in GEOMETRY_OF:
        known = ", ".join(get_args(Shape))
        raise ShapeError("unknown_shape", "shape", value=repr(shape), known=known)
    kind = GEOMETRY_OF[shape]
    given = geometry.get("type") if isinstance(geometry, dict) else None
    if given != kind:
        raise ShapeError("wrong_type", "type", shape=shape, expected=kind, value=given)
    coordinates = geometry.get("coordinates")
    _check_positions(kind, coordinates)
    _check_size(shape, radius_m, half_width_m)
    _CHECKS[kind](coordinates)
    parsed = shapely.geometry.shape({"type": kind, "coordinates": _flat(coordinates)})
    if not parsed.is_valid:
        reason = shapely.is_valid_reason(parsed)
        raise ShapeError("invalid", "coordinates", value=reason)
    return parsed


def check_fence(fence: Fence) -> BaseGeometry:
    """`parse_shape` of a fence, and what its shape asks of the other fields."""
    if fence.shape == "grid_cell" and not fence.code:
        raise ShapeError("no_code", "code")
    if fence.waypoints and fence.shape != "route":
        raise ShapeError("waypoints_of_route", "waypoints")
    if len(fence.waypoints) > MAX_WAYPOINTS:
        raise ShapeError("too_many_waypoints", "waypoints", value=MAX_WAYPOINTS)
    for i, waypoint in enumerate(fence.waypoints):
        _check_waypoint(f"waypoints[{i}]", waypoint)
    return parse_shape(fence.shape, fence.geometry, fence.radius_m, fence.half_width_m)


def _check_waypoint(where: str, waypoint: Waypoint) -> None:
    _check_position(where, [waypoint.longitude, waypoint.latitude])
    if not 0 < waypoint.radius_m <= MAX_RADIUS_M:
        raise ShapeError(
            "reach", where, shape="waypoint", field="radius_m", value=int(MAX_RADIUS_M)
        )


def _flat(coordinates: Any) -> Any:
    """Without altitudes: a fence is flat."""
    if isinstance(coordinates[0], (int, float)):
        return coordinates[:2]
    return [_flat(part) for part in coordinates]


def _check_positions(kind: str, coordinates: Any) -> None:
    positions = _positions(kind, coordinates, _DEPTH[kind], "coordinates")
    for count, (where, position) in enumerate(positions, 1):
        if count > MAX_VERTICES:
            raise ShapeError("too_many_vertices", "coordinates", value=MAX_VERTICES)
        _check_position(where, position)


def _positions(kind: str, part: Any, depth: int, where: str) -> Iterator[tuple[str, Any]]:
    if depth == 0:
        yield where, part
        return
    if not isinstance(part, (list, tuple)) or not part:
        raise ShapeError("wrong_nesting", where, expected=kind)
    for i, child in enumerate(part):
        yield from _positions(kind, child, depth - 1, f"{where}[{i}]")


def _check_position(where: str, position: Any) -> None:
    if not _is_position(position):
        raise ShapeError("not_numbers", where, value=repr(position)[:80])
    longitude, latitude = position[:2]
    if abs(latitude) > _SUSPICIOUS_LATITUDE:
        raise ShapeError("swapped", where, value=latitude)
    if abs(longitude) > 180:
        raise ShapeError("out_of_range", where, value=longitude)


def _is_position(position: Any) -> bool:
    if not isinstance(position, (list, tuple)) or len(position) not in (2, 3):
        return False
    return all(
        isinstance(number, (int, float)) and not isinstance(number, bool) and abs(number) <= _SANE
        for number in position[:2]
    )


def _check_size(shape: str, radius_m: float | None, half_width_m: float | None) -> None:
    if shape not in REACH_OF:
        return
    field, most_m = REACH_OF[shape]
    given_m = radius_m if field == "radius_m" else half_width_m
    if not 0 < (given_m or 0) <= most_m:
        raise ShapeError("reach", field, shape=shape, field=field, value=int(most_m))


def _check_point(_: Any) -> None:
    """A position that has passed is a point."""


def _check_line(line: Sequence[Any], where: str = "coordinates") -> None:
    if len({tuple(position[:2]) for position in line}) < 2:
        raise ShapeError("too_few_vertices", where, value=2)


def _check_lines(lines: Sequence[Any]) -> None:
    for i, line in enumerate(lines):
        _check_line(line, f"coordinates[{i}]")


def _check_polygon(rings: Sequence[Any], where: str = "coordinates") -> None:
    for i, ring in enumerate(rings):
        if len({tuple(position[:2]) for position in ring}) < 3:
            raise ShapeError("too_few_vertices", f"{where}[{i}]", value=3)
        if list(ring[0][:2]) != list(ring[-1][:2]):
            raise ShapeError("not_closed", f"{where}[{i}]", value=list(ring[0][:2]))


def _check_polygons(polygons: Sequence[Any]) -> None:
    for i, rings in enumerate(polygons):
        _check_polygon(rings, f"coordinates[{i}]")


_CHECKS: dict[str, Callable[[Any], None]] = {
    "Point": _check_point,
    "MultiPoint": _check_point,
    "LineString": _check_line,
    "MultiLineString": _check_lines,
    "Polygon": _check_polygon,
    "MultiPolygon": _check_polygons,
}
