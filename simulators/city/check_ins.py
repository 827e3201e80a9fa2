"""Check-in points of inspectors: an ordered round in each grid cell."""

from __future__ import annotations

from itertools import pairwise

from shapely.geometry import LineString, Polygon
from shapely.geometry import Point as ShapelyPoint

from simulators.city.frame import Point
from simulators.city.grid import Cell
from simulators.city.names import stream

POINTS, RADIUS_M = 4, 50.0
INSET_M, APART_M, TRIES = 60.0, 150.0, 4_000


def check_in_code(cell: str) -> str:
    """The code of a cell's round."""
    return f"{cell}P"


def check_ins(cell: Cell, seed: int) -> tuple[Point, ...]:
    """The round of a cell: from no point to the next one passes near a third. Some cells are too
    narrow for all points."""
    chance = stream(seed, "check_ins", cell.code)
    inner = cell.shape.buffer(-INSET_M)
    room: Polygon = max(getattr(inner, "geoms", [inner]), key=lambda part: float(part.area))
    west, south, east, north = room.bounds
    found: list[Point] = []
    for _ in range(TRIES):
        point = (round(chance.uniform(west, east), 1), round(chance.uniform(south, north), 1))
        if room.contains(ShapelyPoint(point)) and _fits(found, point, room):
            found.append(point)
        if len(found) == POINTS:
            break
    return tuple(found)


def _fits(found: list[Point], point: Point, room: Polygon) -> bool:
    if not found:
        return True
    step = LineString([found[-1], point])
    legs = [LineString(pair) for pair in pairwise(found)]
    clear = all(ShapelyPoint(other).distance(step) > APART_M for other in found[:-1])
    clear &= all(ShapelyPoint(point).distance(leg) > APART_M for leg in legs)
    return clear and step.length > 2 * APART_M and bool(room.contains(step))
