"""The whole district: network, places, routes, cells; as a base map and as fences."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from shapely.geometry import LineString, Polygon, box
from shapely.geometry import Point as ShapelyPoint

from simulators.city.check_ins import check_ins
from simulators.city.frame import Point
from simulators.city.grid import Cell, grid_cells
from simulators.city.layout import COLUMNS, ROWS, Layout
from simulators.city.loops import Loop, loops
from simulators.city.network import Network
from simulators.city.places import (
    Place,
    bin_stands,
    centre_shape,
    park_rings,
    place_all,
    quarter_shape,
    river_shape,
    structure_site,
)

CORRIDOR_HALF_WIDTH_M = 30.0
WORK_ROAD_HALF_WIDTH_M = 25.0
STANDS_A_ROUND, STAND_RADIUS_M = 8, 40.0
EDGE_M, OVERLAP_M = 150.0, 1_100.0


@dataclass(frozen=True, slots=True)
class WorkRoad:
    """A stretch of road to sweep or spray: its crossings from west to east, its centre line."""

    code: str
    name: str
    name_en: str
    nodes: tuple[int, ...]
    line: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class ContractArea:
    """Where a sanitation contract holds; `far_node`: a crossing where only this one does."""

    code: str
    shape: Polygon
    far_node: int


@dataclass(slots=True)
class City:
    """The district. Lengths in metres of `simulators.city.frame`."""

    seed: int
    network: Network
    places: list[Place]
    bins: list[int]
    cells: list[Cell]
    check_ins: dict[str, tuple[Point, ...]]
    work_roads: list[WorkRoad]
    loops: list[Loop]
    centre: Polygon
    centre_node: int
    quarter: Polygon
    quarter_node: int
    contract_areas: tuple[ContractArea, ContractArea]
    river: Polygon
    parks: list[tuple[Point, ...]]
    streets: list[tuple[list[Point], int]]
    river_line: list[Point]
    corridor_edges: dict[tuple[str, str], tuple[int, ...]] = field(default_factory=dict)

    def place(self, code: str) -> Place:
        """A place by its code (S1, D1, P1, K1, ...)."""
        return next(place for place in self.places if place.code == code)

    def corridor(self, site: str, dump: str) -> tuple[int, ...]:
        """Edges of the permitted way from a site to a dump, round the centre."""
        key = (site, dump)
        if key not in self.corridor_edges:
            start, end = self.place(site).inside, self.place(dump).inside
            self.corridor_edges[key] = self.network.way(start, end, avoid=True)
        return self.corridor_edges[key]

    def corridor_line(self, site: str, dump: str) -> list[Point]:
        """Centre line of a corridor as driven."""
        return self.network.line(self.corridor(site, dump))

    def rounds(self) -> dict[str, list[int]]:
        """Collection rounds by code: the nodes of their stands, in order."""
        starts = range(0, len(self.bins), STANDS_A_ROUND)
        return {
            f"G{number}": self.bins[start : start + STANDS_A_ROUND]
            for number, start in enumerate(starts, 1)
        }

    def area(self, code: str) -> Polygon:
        """A contract area by its code."""
        return next(area.shape for area in self.contract_areas if area.code == code)

    def loop(self, code: str) -> Loop:
        """A timed route by its code."""
        return next(loop for loop in self.loops if loop.code == code)

    def areas_of(self, road: WorkRoad) -> tuple[ContractArea, ContractArea]:
        """The contract area of a work road, and the other one."""
        west, east = self.contract_areas
        return (west, east) if road.code.endswith("W") else (east, west)

    def node_outside(self, area: ContractArea, start: int, distance_m: float) -> int:
        """The crossing nearest to a node that lies at least so far outside an area."""
        nodes, out = self.network.nodes, self.network.out
        return self.network.nearest_node(
            nodes[start],
            lambda node: (
                len(out[node]) > 2 and area.shape.distance(ShapelyPoint(nodes[node])) > distance_m
            ),
        )

    def is_south(self, point: Point) -> bool:
        """Whether a point lies south of the river: the districts' border."""
        return point[1] < self.river_y(point[0])

    def river_y(self, x: float) -> float:
        """Where the straight line between the river's ends runs."""
        west, east = self.river_line[0], self.river_line[-1]
        share = (x - west[0]) / (east[0] - west[0])
        return west[1] + share * (east[1] - west[1])


@lru_cache(maxsize=4)
def build_city(seed: int = 7) -> City:
    """The district of a seed."""
    layout = Layout(seed)
    places = place_all(layout, seed)
    bins = bin_stands(layout, seed)
    places.append(structure_site(layout, seed))
    streets = layout.centre_lines()
    centre, quarter = centre_shape(layout), quarter_shape(layout)
    closed = centre.union(quarter)
    network = layout.finish()
    network.avoided = frozenset(
        index
        for index, edge in enumerate(network.edges)
        if LineString(edge.points).intersects(closed)
    )
    cells = grid_cells(layout, seed)
    return City(
        seed=seed,
        network=network,
        places=places,
        bins=bins,
        cells=cells,
        check_ins={cell.code: check_ins(cell, seed) for cell in cells},
        work_roads=_work_roads(layout, network),
        loops=loops(layout, network),
        centre=centre,
        centre_node=layout.node((9, 10)),
        quarter=quarter,
        quarter_node=layout.node((14, 10)),
        contract_areas=_contract_areas(layout),
        river=river_shape(layout),
        parks=park_rings(layout),
        streets=streets,
        river_line=layout.river(),
    )


def _contract_areas(layout: Layout) -> tuple[ContractArea, ContractArea]:
    """West and east; they overlap in the middle, where the depot is."""
    xs, ys = zip(*layout.spots.values(), strict=True)
    south, north = min(ys) - EDGE_M, max(ys) + EDGE_M
    middle, row = layout.spots[COLUMNS // 2, 0][0], 2
    west = box(min(xs) - EDGE_M, south, middle + OVERLAP_M, north)
    east = box(middle - OVERLAP_M, south, max(xs) + EDGE_M, north)
    return (
        ContractArea("AW", west, layout.node((2, row))),
        ContractArea("AE", east, layout.node((COLUMNS - 3, row))),
    )


def _work_roads(layout: Layout, network: Network) -> list[WorkRoad]:
    """Stretches of about 3 km of the through roads, west and east halves by turns."""
    roads = []
    halves = ((1, COLUMNS // 2 - 2), (COLUMNS // 2 + 2, COLUMNS - 2))
    for row in range(0, ROWS, 2):
        for half, (west, east) in enumerate(halves):
            road = network.roads[row]
            code = f"R{row:02d}{'WE'[half]}"
            zh, en = ("西段", "west") if half == 0 else ("东段", "east")
            nodes = tuple(layout.node((column, row)) for column in range(west, east + 1))
            line = layout.row_line(row, west, east)
            roads.append(WorkRoad(code, road.name + zh, f"{road.name_en} {en}", nodes, line))
    return roads
