"""The area that a caller asks about: one of their fences, a box, a polygon, or a piece of road."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Any

import shapely
from fastapi import Query

from api.access import Caller, Connection
from api.errors import ApiProblem
from api.rule_check import invalid
from geofence.index import FenceIndex
from geofence.metric import MetricShapes
from geofence.shapes import GEOMETRY_OF, ShapeError, check_fence
from model.fences import Fence, Shape
from model.rulebook import FAR_FUTURE_US
from storage.area import Box
from storage.fence_files import fence_of
from storage.in_force import fences_in_force

MAX_VERTICES = 200  # of a polygon or a line in a query
MAX_SIDE_DEG = 0.5  # about 50 km: a larger area is the whole city, which the map shows
DEFAULT_WIDTH_M = 30.0  # a road of four lanes, and what receivers are off


@dataclass(frozen=True, slots=True)
class AreaQuery:
    """Exactly one of them is given; pairs are longitude,latitude in degrees, WGS-84."""

    fence_id: int | None
    bbox: str | None
    polygon: str | None
    line: str | None
    width_m: float

    async def fence(self, conn: Connection, caller: Caller, now_us: int) -> Fence:
        """It as a fence, in force for ever. Raises ApiProblem for what is no area."""
        given = {name: value for name, value in self._named().items() if value is not None}
        if len(given) != 1:
            raise invalid("bbox", "give one of fence_id, bbox, polygon, line")
        ((name, value),) = given.items()
        if name == "fence_id":
            fence = await self._stored(conn, caller, now_us)
        else:
            fence = _drawn(name, str(value), self.width_m)
        west, south, east, north = box_of(fence, 0.0)
        if max(east - west, north - south) > MAX_SIDE_DEG * 1e6:
            raise invalid(name, f"is larger than {MAX_SIDE_DEG} degrees: ask for a part of it")
        return fence

    def _named(self) -> dict[str, Any]:
        return {"fence_id": self.fence_id, "bbox": self.bbox, "polygon": self.polygon,
                "line": self.line}  # fmt: skip

    async def _stored(self, conn: Connection, caller: Caller, now_us: int) -> Fence:
        rows = await fences_in_force(conn, caller.organisations, now_us)
        chosen = [row for row in rows if row["id"] == self.fence_id]
        if not chosen:
            raise ApiProblem("not_found")
        row = {**chosen[0]}
        if GEOMETRY_OF[row["shape"]].endswith("LineString"):
            row["half_width_m"] = max(row["half_width_m"] or 0.0, self.width_m / 2)
        return _for_ever(fence_of(row))


def area_query(
    *,
    fence_id: int | None = None,
    bbox: Annotated[str | None, Query(description="west,south,east,north")] = None,
    polygon: Annotated[str | None, Query(description="lon,lat,lon,lat,...")] = None,
    line: Annotated[str | None, Query(description="lon,lat,lon,lat,...")] = None,
    width_m: Annotated[float, Query(ge=5, le=200)] = DEFAULT_WIDTH_M,
) -> AreaQuery:
    """A dependency: the area as the query has it."""
    return AreaQuery(fence_id, bbox, polygon, line, width_m)


def box_of(fence: Fence, margin_m: float) -> Box:
    """The fence's bounding box and a margin."""
    west, south, east, north = shapely.bounds(MetricShapes([fence]).areas()[0]).tolist()
    north_deg = margin_m / 111_195
    east_deg = north_deg / math.cos(math.radians(min(max(abs(south), abs(north)), 85)))
    return (
        math.floor((west - east_deg) * 1e6),
        math.floor((south - north_deg) * 1e6),
        math.ceil((east + east_deg) * 1e6),
        math.ceil((north + north_deg) * 1e6),
    )


def index_of(fence: Fence) -> FenceIndex:
    """It as an index of one."""
    return FenceIndex([fence])


def _drawn(name: str, text: str, width_m: float) -> Fence:
    numbers = _numbers(name, text)
    if name == "bbox":
        if len(numbers) != 4:
            raise invalid(name, "is west,south,east,north")
        west, south, east, north = numbers
        numbers = [west, south, east, south, east, north, west, north]
    points = [list(pair) for pair in zip(numbers[::2], numbers[1::2], strict=True)]
    shape: Shape = "polygon"
    geometry: dict[str, Any] = {"type": "Polygon", "coordinates": [[*points, points[0]]]}
    if name == "line":
        shape, geometry = "corridor", {"type": "LineString", "coordinates": points}
    fence = Fence(
        id=0, version=0, organisation_id=0, responsible_organisation_id=0, name="", shape=shape,
        geometry=geometry, half_width_m=width_m / 2 if shape == "corridor" else None,
        valid_from_us=0, valid_to_us=FAR_FUTURE_US,
    )  # fmt: skip
    try:
        check_fence(fence)
    except ShapeError as error:
        raise invalid(name, error.en) from error
    return fence


def _numbers(name: str, text: str) -> list[float]:
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError as error:
        raise invalid(name, "numbers with commas between them") from error
    if not 2 <= len(numbers) <= 2 * MAX_VERTICES or len(numbers) % 2:
        raise invalid(name, f"pairs of longitude,latitude, at most {MAX_VERTICES}")
    return numbers


def _for_ever(fence: Fence) -> Fence:
    """Asked about is the ground, whenever the fence came into force."""
    values = {field: getattr(fence, field) for field in fence.__struct_fields__}
    return Fence(**{**values, "valid_from_us": 0, "valid_to_us": FAR_FUTURE_US})
