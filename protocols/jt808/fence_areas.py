"""Our fences as areas and routes of a terminal. JT/T 808-2013 8.35 to 8.42; 2019 names them.

A circle goes as 0x8600, a polygon as 0x8604 (or, where it is one, a rectangle as 0x8602), a
corridor as 0x8606. Coordinates are magnitudes; the hemispheres stand in the attributes.
"""

from __future__ import annotations

from typing import Any

from protocols.contract import ProtocolError

Body = dict[str, Any]
Built = tuple[int, dict[str, Any]]

SET_CIRCLES, SET_POLYGON, SET_ROUTE = 0x8600, 0x8604, 0x8606
DELETE = {"circle": 0x8601, "rectangle": 0x8603, "polygon": 0x8605, "route": 0x8607}
QUERY_TYPES = {"circle": 1, "rectangle": 2, "polygon": 3, "route": 4}
QUERY = 0x8608
_TIMES, _SPEED, _SOUTH, _WEST = 1 << 0, 1 << 1, 1 << 6, 1 << 7
_SEGMENT_SPEED, _SEGMENT_SOUTH, _SEGMENT_WEST = 1 << 1, 1 << 2, 1 << 3
# Whom to tell when: bits of the attributes.
_NOTICES = {
    "enter_driver": 1 << 2, "enter_platform": 1 << 3, "leave_driver": 1 << 4,
    "leave_platform": 1 << 5,
}  # fmt: skip
MAX_POINTS = 125
MAX_WIDTH_M = 255  # a byte
_APPEND = 1


def area_values(body: Body, version: str) -> Built:
    """0x8600, 0x8604 or 0x8606 from a fence.

    Body: "area_id", "shape" ("circle", "polygon", "route"), "points" [[longitude, latitude] in
    degrees], "radius_m" or "width_m", "name"?, "notices"? of `_NOTICES`, "start"? and "end"?
    ("hh:mm:ss" each day), "max_speed_kmh"? with "overspeed_duration_s"? and "night_max_speed_kmh"?.
    Raises ProtocolError("area").
    """
    shape = body.get("shape")
    points = [(round(x * 1e6), round(y * 1e6)) for x, y in body["points"]]
    if not points or len(points) > MAX_POINTS:
        raise ProtocolError("area", f"{len(points)} points, 1 to {MAX_POINTS} can be set")
    head = _head(body, points)
    if version == "2019":
        head["name"] = str(body.get("name", ""))
    if shape == "circle":
        (longitude, latitude) = points[0]
        area = {**head, "lat_raw": abs(latitude), "lon_raw": abs(longitude)}
        area["radius_m"] = round(body["radius_m"])
        return SET_CIRCLES, {"action": _APPEND, "areas": [area]}
    if shape == "polygon":
        vertices = [[abs(latitude), abs(longitude)] for longitude, latitude in points]
        return SET_POLYGON, {**head, "vertices": vertices}
    if shape == "route":
        return SET_ROUTE, _route(body, head, points)
    raise ProtocolError("area", f"shape {shape!r} is not circle, polygon or route")


def _head(body: Body, points: list[tuple[int, int]]) -> dict[str, Any]:
    attr = sum(_NOTICES[name] for name in set(body.get("notices") or ()))
    attr |= _SOUTH if points[0][1] < 0 else 0
    attr |= _WEST if points[0][0] < 0 else 0
    head: dict[str, Any] = {"area_id": body["area_id"]}
    if body.get("start") and body.get("end"):
        attr |= _TIMES
        head |= {f"{edge}": f"2000-00-00 {body[edge]}" for edge in ("start", "end")}
    if body.get("max_speed_kmh"):
        attr |= _SPEED
        head |= {
            "max_speed_kmh": body["max_speed_kmh"],
            "overspeed_duration_s": body.get("overspeed_duration_s", 10),
            "night_max_speed_kmh": body.get("night_max_speed_kmh", body["max_speed_kmh"]),
        }
    return {**head, "attr": attr}


def _route(body: Body, head: dict[str, Any], points: list[tuple[int, int]]) -> dict[str, Any]:
    """A corridor: each point begins a segment; limits stand in the segments."""
    limits: dict[str, Any] = {
        name: head.pop(name)
        for name in ("max_speed_kmh", "overspeed_duration_s", "night_max_speed_kmh")
        if name in head
    }
    head["route_id"] = head.pop("area_id")
    head["attr"] &= ~(_SPEED | _SOUTH | _WEST)
    width_m = min(round(body["width_m"]), MAX_WIDTH_M)
    shown: list[dict[str, Any]] = []
    for number, (longitude, latitude) in enumerate(points, 1):
        attr = _SEGMENT_SPEED if limits else 0
        attr |= (_SEGMENT_SOUTH if latitude < 0 else 0) | (_SEGMENT_WEST if longitude < 0 else 0)
        place = {"lat_raw": abs(latitude), "lon_raw": abs(longitude), "width_m": width_m}
        ids: dict[str, Any] = {"point_id": number, "segment_id": number, "segment_attr": attr}
        shown.append({**ids, **place, **limits})
    return {**head, "points": shown}


def deletion_values(body: Body, _version: str) -> Built:
    """{"shape", "ids"?}: all of the shape without ids."""
    if body.get("shape") not in DELETE:
        raise ProtocolError("area", f"shape {body.get('shape')!r} is not one of {list(DELETE)}")
    return DELETE[body["shape"]], {"ids": list(body.get("ids") or ())}


def query_values(body: Body, _version: str) -> Built:
    """{"shape", "ids"?}: what the terminal has (2019)."""
    if body.get("shape") not in QUERY_TYPES:
        raise ProtocolError("area", f"shape {body.get('shape')!r} is not one of {list(DELETE)}")
    values = {"query_type": QUERY_TYPES[body["shape"]], "ids": list(body.get("ids") or ())}
    return QUERY, values
