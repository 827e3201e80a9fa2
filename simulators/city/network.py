"""The road network: directed edges with geometry, and quickest ways through it (Dijkstra)."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from simulators.city.frame import Point

AVOIDED_COST = 40.0  # an avoided edge counts so many times its length: used only if need be


@dataclass(frozen=True, slots=True)
class Edge:
    """One direction of a piece of road; `points` in driving direction, metres."""

    start: int
    end: int
    points: tuple[Point, ...]
    length_m: float
    road: int
    speed_kmh: float


@dataclass(frozen=True, slots=True)
class Road:
    """A named road; `kind`: trunk, secondary, residential, service."""

    name: str
    name_en: str
    kind: str


def line_length_m(points: Sequence[Point]) -> float:
    """Length of a polyline."""
    return sum(math.dist(a, b) for a, b in pairwise(points))


def shift_right(points: Sequence[Point], distance_m: float) -> tuple[Point, ...]:
    """A polyline moved to its right: the carriageway of one driving direction."""
    moved = []
    for index, (x, y) in enumerate(points):
        before = points[max(0, index - 1)]
        after = points[min(len(points) - 1, index + 1)]
        run, rise = after[0] - before[0], after[1] - before[1]
        length = math.hypot(run, rise)
        moved.append((x + rise / length * distance_m, y - run / length * distance_m))
    return tuple(moved)


@dataclass(slots=True)
class Network:
    """Nodes by index, edges by index, edges out of each node."""

    nodes: list[Point] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    out: list[list[int]] = field(default_factory=list)
    roads: list[Road] = field(default_factory=list)
    _ways: dict[tuple[int, int, bool], tuple[int, ...]] = field(default_factory=dict)
    avoided: frozenset[int] = frozenset()

    def add_node(self, point: Point) -> int:
        """A new node's index."""
        self.nodes.append(point)
        self.out.append([])
        return len(self.nodes) - 1

    def add_street(self, a: int, b: int, points: Sequence[Point], road: int, kmh: float) -> None:
        """Both directions of a street; `points` run from a to b. Trunks get two carriageways."""
        offset_m = {"trunk": 9.0, "secondary": 3.5}.get(self.roads[road].kind, 2.0)
        for start, end, line in ((a, b, points), (b, a, points[::-1])):
            lane = shift_right(line, offset_m)
            self.out[start].append(len(self.edges))
            self.edges.append(Edge(start, end, lane, line_length_m(lane), road, kmh))

    def way(self, start: int, end: int, avoid: bool = False) -> tuple[int, ...]:
        """Edge indexes of the quickest way; `avoid` keeps out of `avoided` edges if it can.

        Raises ValueError when there is no way.
        """
        key = (start, end, avoid)
        if key not in self._ways:
            self._ways[key] = self._search(start, end, avoid)
        return self._ways[key]

    def _search(self, start: int, end: int, avoid: bool) -> tuple[int, ...]:
        best = {start: 0.0}
        came: dict[int, int] = {}
        queue = [(0.0, start)]
        while queue:
            cost, node = heapq.heappop(queue)
            if node == end:
                return self._trace(came, start, end)
            if cost > best[node]:
                continue
            for index in self.out[node]:
                edge = self.edges[index]
                step = edge.length_m / edge.speed_kmh
                total = cost + step * (AVOIDED_COST if avoid and index in self.avoided else 1.0)
                if total < best.get(edge.end, math.inf):
                    best[edge.end] = total
                    came[edge.end] = index
                    heapq.heappush(queue, (total, edge.end))
        raise ValueError(f"no way from node {start} to node {end}")

    def _trace(self, came: dict[int, int], start: int, end: int) -> tuple[int, ...]:
        edges: list[int] = []
        while end != start:
            edges.append(came[end])
            end = self.edges[came[end]].start
        return tuple(reversed(edges))

    def line(self, edges: Sequence[int]) -> list[Point]:
        """The polyline along these edges, without doubled points."""
        points: list[Point] = []
        for index in edges:
            for point in self.edges[index].points:
                if not points or math.dist(points[-1], point) > 0.5:
                    points.append(point)
        return points

    def nearest_node(self, point: Point, fits: Callable[[int], bool]) -> int:
        """The nearest node that fits."""
        return min(
            (node for node in range(len(self.nodes)) if fits(node)),
            key=lambda node: math.dist(self.nodes[node], point),
        )


def turn_deg(a: tuple[Point, ...], b: tuple[Point, ...]) -> float:
    """How far the way turns from edge geometry a to b, 0 to 180 degrees."""
    first = math.atan2(a[-1][1] - a[-2][1], a[-1][0] - a[-2][0])
    second = math.atan2(b[1][1] - b[0][1], b[1][0] - b[0][0])
    turn = math.degrees(second - first) % 360
    return min(turn, 360 - turn)
