"""Irregular coded grid cells for inspectors: Voronoi cells of jittered seeds, river taken out."""

from __future__ import annotations

from dataclasses import dataclass

import shapely
from shapely.geometry import MultiPoint, Polygon, box

from simulators.city.frame import Point
from simulators.city.layout import Layout
from simulators.city.names import stream
from simulators.city.places import river_shape

ACROSS, UP = 6, 5
MARGIN_M = 150.0


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell; `shape` in metres."""

    code: str
    name: str
    shape: Polygon


def grid_cells(layout: Layout, seed: int) -> list[Cell]:
    """About thirty cells, coded from the south-west to the north-east."""
    chance = stream(seed, "grid")
    xs = [x for x, _ in layout.spots.values()]
    ys = [y for _, y in layout.spots.values()]
    west, east = min(xs) - MARGIN_M, max(xs) + MARGIN_M
    south, north = min(ys) - MARGIN_M, max(ys) + MARGIN_M
    wide, high = (east - west) / ACROSS, (north - south) / UP
    seeds = [
        (
            west + (column + 0.5 + chance.uniform(-0.28, 0.28)) * wide,
            south + (row + 0.5 + chance.uniform(-0.28, 0.28)) * high,
        )
        for row in range(UP)
        for column in range(ACROSS)
    ]
    district = box(west, south, east, north)
    regions = shapely.voronoi_polygons(MultiPoint(seeds), extend_to=district).geoms
    river = river_shape(layout)
    cells = []
    for number, seed_point in enumerate(seeds):
        # The order of Voronoi regions is the library's own: each is found by the seed within it.
        region = next(r for r in regions if r.intersects(shapely.Point(seed_point)))
        shape = _largest(region.intersection(district).difference(river))
        code = f"GX{number // ACROSS + 1}{number % ACROSS + 1:02d}"
        cells.append(Cell(code, f"澜山网格{code[2:]}", shape))
    return cells


def _largest(shape: shapely.Geometry) -> Polygon:
    parts = getattr(shape, "geoms", [shape])
    return max(parts, key=lambda part: float(part.area))


def ring_of(shape: Polygon) -> list[Point]:
    """A polygon's outer ring, starting at its south-westmost corner (libraries start anywhere)."""
    corners = [(round(x, 2), round(y, 2)) for x, y in shape.exterior.normalize().coords]
    return corners
