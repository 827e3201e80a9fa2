"""Fences and assignments: areas and lines with the period in which they were in force."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Shape = Literal[
    "polygon",
    "multipolygon",
    "circle",
    "corridor",
    "route",
    "road_set",
    "point_set",
    "grid_cell",
]
Purpose = Literal[
    "corridor", "work_road", "working_area", "grid", "collection", "route", "check_in"
]


class Waypoint(msgspec.Struct, frozen=True, kw_only=True):
    """A place that a route has to pass, within `radius_m` of it; degrees, WGS-84."""

    name: str
    longitude: float
    latitude: float
    radius_m: float = 50.0


class Fence(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a fence.

    `geometry` is GeoJSON (WGS-84): Polygon or MultiPolygon with holes, Point for a circle and
    MultiPoint for a point set (`radius_m`), LineString for a corridor, LineString in the direction
    of travel for a route (with `waypoints` in order) and MultiLineString for a road set
    (`half_width_m` each side); a grid cell is a Polygon with the city's `code`. In force in
    [valid_from_us, valid_to_us). `tags`: site, dump, plant, wash_bay, parking, no_go, district,
    grid, road, rest.
    """

    id: int
    version: int
    organisation_id: int
    responsible_organisation_id: int
    name: str
    code: str | None = None
    shape: Shape
    geometry: dict[str, Any]
    radius_m: float | None = None
    half_width_m: float | None = None
    waypoints: tuple[Waypoint, ...] = ()
    tags: tuple[str, ...] = ()
    valid_from_us: int
    valid_to_us: int


class Assignment(msgspec.Struct, frozen=True, kw_only=True):
    """A device's fence for a purpose: its corridor, work road, grid cell, collection points, route.

    `windows` as in `model.rulebook.Schedule.windows`; None means always.
    """

    device_id: int
    fence_id: int
    purpose: Purpose
    windows: tuple[Window, ...] | None = None
    valid_from_us: int
    valid_to_us: int


class Window(msgspec.Struct, frozen=True):
    """A weekly window in local time: ISO weekdays (1 Monday) on which it starts, minutes of day.

    `end_min <= start_min` crosses midnight: 20:00-06:00 is (1200, 360). `days` narrows the weekdays
    to those that the calendar calls workdays, or holidays (plain weekends too).
    """

    weekdays: tuple[int, ...]
    start_min: int
    end_min: int
    days: Literal["weekdays", "workdays", "holidays"] = "weekdays"


class Shift(msgspec.Struct, frozen=True, kw_only=True):
    """An inspector's duty, [starts_us, ends_us)."""

    device_id: int
    starts_us: int
    ends_us: int
