"""A fence's row as a GeoJSON Feature."""

from __future__ import annotations

from typing import Any

import msgspec

from api.times import iso, iso_us
from model.fences import Fence

_PROPERTIES = (
    "id",
    "version",
    "organisation_id",
    "responsible_organisation_id",
    "name",
    "code",
    "shape",
    "radius_m",
    "half_width_m",
)


def fence_feature(row: dict[str, Any]) -> dict[str, Any]:
    """From a row of table fences."""
    properties = {name: row[name] for name in _PROPERTIES}
    properties["tags"] = list(row["tags"])
    properties["waypoints"] = row["waypoints"]
    properties["valid_from"] = iso(row["valid_from"])
    properties["valid_to"] = iso(row["valid_to"])
    return {
        "type": "Feature",
        "id": row["id"],
        "geometry": row["geometry"],
        "properties": properties,
    }


def feature_of_fence(fence: Fence) -> dict[str, Any]:
    """From a fence of the rulebook."""
    properties = {name: getattr(fence, name) for name in _PROPERTIES}
    properties["tags"] = list(fence.tags)
    properties["waypoints"] = msgspec.to_builtins(fence.waypoints)
    properties["valid_from"] = iso_us(fence.valid_from_us)
    properties["valid_to"] = iso_us(fence.valid_to_us)
    return {
        "type": "Feature",
        "id": fence.id,
        "geometry": fence.geometry,
        "properties": properties,
    }
