"""Tracks as our own API gives them: a GeoJSON Feature, one time a coordinate (docs/api.md)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from simulators.track_point import MAX_POINTS, TrackPoint, TrackProblem

_SERIES = ("speed_kmh", "course_deg")


def read_geojson(path: Path) -> list[TrackPoint]:
    """The points in order; properties that are missing are unknown. Raises TrackProblem."""
    try:
        feature = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise TrackProblem(f"{path}: not JSON: {error}") from None
    if isinstance(feature, dict) and feature.get("type") == "FeatureCollection":
        feature = next(iter(feature.get("features") or []), None)
    geometry = feature.get("geometry") if isinstance(feature, dict) else None
    if not isinstance(geometry, dict) or geometry.get("type") != "LineString":
        raise TrackProblem(f"{path}: no Feature with a LineString, as GET /devices/ID/track gives")
    coordinates = geometry.get("coordinates") or []
    if len(coordinates) > MAX_POINTS:
        raise TrackProblem(f"{path}: more than {MAX_POINTS:,} points")
    properties = feature.get("properties") or {}
    return [_point(path, n, place, properties) for n, place in enumerate(coordinates)]


def _point(path: Path, number: int, place: Any, properties: dict[str, Any]) -> TrackPoint:
    where = f"{path}: point {number + 1}"
    try:
        longitude, latitude = float(place[0]), float(place[1])
        time = _at(properties.get("times"), number)
        time_s = None if time is None else datetime.fromisoformat(str(time)).timestamp()
        rest = {name: _at(properties.get(name), number) for name in _SERIES}
        known = {name: float(value) for name, value in rest.items() if value is not None}
    except (TypeError, ValueError, IndexError) as error:
        raise TrackProblem(f"{where}: {error}") from None
    return TrackPoint(longitude, latitude, time_s, **known)


def _at(values: Sequence[Any] | None, number: int) -> Any:
    return values[number] if values and number < len(values) else None
