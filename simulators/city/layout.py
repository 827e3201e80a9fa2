"""Streets of the district: an irregular grid, a river with few bridges, dead ends taken out.

Even rows and columns are through roads about 1 km apart; odd ones are side streets of which about
half the pieces exist. Every piece bends a little. Pieces can be split in the middle, which is where
gates and bin stands join the network.
"""

from __future__ import annotations

import math
import random

from simulators.city.frame import Point
from simulators.city.names import ROADS, stream
from simulators.city.network import Network, Road

COLUMNS, ROWS, SPACING_M = 19, 15, 500.0
RIVER_ABOVE_ROW = 5
RIVER_HALF_WIDTH_M = 60.0
TRUNK_COLUMNS, TRUNK_ROWS = (6, 12), (4, 8, 12)
BRIDGE_COLUMNS = (2, 6, 12, 16)
SPEED_KMH = {"trunk": 50.0, "secondary": 40.0, "residential": 25.0, "service": 12.0}
SIDE_STREET_SHARE = 0.55

Spot = tuple[int, int]
Piece = tuple[Spot, Spot]


class Layout:
    """The grid while it is being made; `finish` turns it into a `Network`."""

    def __init__(self, seed: int) -> None:
        self._chance = stream(seed, "streets")
        self.spots = _spots(self._chance)
        self.network = Network()
        self._road_of: dict[tuple[str, int], int] = {}
        self._name_roads()
        self.pieces = self._pieces()
        self._prune()
        self._node: dict[Spot, int] = {}
        self._lines: dict[tuple[int, int], tuple[list[Point], int]] = {}
        self._whole: dict[Piece, list[Point]] = {}
        self._place_pieces()

    def _name_roads(self) -> None:
        names = list(ROADS)
        self._chance.shuffle(names)
        for axis, count, trunks in (("row", ROWS, TRUNK_ROWS), ("column", COLUMNS, TRUNK_COLUMNS)):
            for index in range(count):
                kind = "residential" if index % 2 else "secondary"
                kind = "trunk" if index in trunks else kind
                zh, en = names[len(self.network.roads) % len(names)]
                suffix_zh, suffix_en = {
                    "trunk": ("大道", "Avenue"),
                    "secondary": ("路", "Road"),
                    "residential": ("巷", "Lane"),
                }[kind]
                self._road_of[axis, index] = len(self.network.roads)
                self.network.roads.append(Road(zh + suffix_zh, f"{en} {suffix_en}", kind))
        self.service_road = len(self.network.roads)
        self.network.roads.append(Road("内部道路", "Service road", "service"))

    def _pieces(self) -> dict[Piece, int]:
        pieces: dict[Piece, int] = {}
        for row in range(ROWS):
            for column in range(COLUMNS - 1):
                if row % 2 == 0 or self._chance.random() < SIDE_STREET_SHARE:
                    pieces[(column, row), (column + 1, row)] = self._road_of["row", row]
        for column in range(COLUMNS):
            for row in range(ROWS - 1):
                chosen = column % 2 == 0 or self._chance.random() < SIDE_STREET_SHARE
                dry = row != RIVER_ABOVE_ROW or column in BRIDGE_COLUMNS
                if chosen and dry:
                    pieces[(column, row), (column, row + 1)] = self._road_of["column", column]
        return pieces

    def _prune(self) -> None:
        """Take out dead ends until there are none."""
        while True:
            degree: dict[Spot, int] = {}
            for piece in self.pieces:
                for spot in piece:
                    degree[spot] = degree.get(spot, 0) + 1
            dead = [p for p in self.pieces if degree[p[0]] == 1 or degree[p[1]] == 1]
            if not dead:
                return
            for piece in dead:
                del self.pieces[piece]

    def _place_pieces(self) -> None:
        for (a, b), road in self.pieces.items():
            start, end = self.node(a), self.node(b)
            kind = self.network.roads[road].kind
            bend_m = self._chance.uniform(-1, 1) * (6.0 if kind == "trunk" else 14.0)
            self._whole[a, b] = _bent(self.spots[a], self.spots[b], bend_m)
            self._lines[start, end] = (self._whole[a, b], road)

    def node(self, spot: Spot) -> int:
        """The network node of a grid spot."""
        if spot not in self._node:
            self._node[spot] = self.network.add_node(self.spots[spot])
        return self._node[spot]

    def split(self, a: Spot, b: Spot) -> int:
        """A new node in the middle of a piece; a piece can be split once. Raises KeyError."""
        line, road = self._lines.pop((self.node(a), self.node(b)))
        middle = self.network.add_node(line[2])
        self._lines[self.node(a), middle] = (line[:3], road)
        self._lines[middle, self.node(b)] = (line[2:], road)
        return middle

    def join(self, a: int, point: Point) -> int:
        """A service road from node a to a new node at `point`."""
        node = self.network.add_node(point)
        self._lines[a, node] = ([self.network.nodes[a], point], self.service_road)
        return node

    def unsplit(self) -> list[Piece]:
        """Pieces of side streets and secondary roads that are still whole, in order."""
        return [
            (a, b)
            for (a, b), road in self.pieces.items()
            if self.network.roads[road].kind != "trunk"
            and (self.node(a), self.node(b)) in self._lines
        ]

    def finish(self) -> Network:
        """The network with all streets in it."""
        for (start, end), (line, road) in self._lines.items():
            kind = self.network.roads[road].kind
            self.network.add_street(start, end, line, road, SPEED_KMH[kind])
        return self.network

    def centre_lines(self) -> list[tuple[list[Point], int]]:
        """Centre line and road index of every piece, for the map."""
        return list(self._lines.values())

    def row_line(self, row: int, west: int, east: int) -> tuple[Point, ...]:
        """Centre line of a through row between two columns."""
        line = [self.spots[west, row]]
        for column in range(west, east):
            line += self._whole[(column, row), (column + 1, row)][1:]
        return tuple(line)

    def river(self) -> list[Point]:
        """The river's centre line, from beyond the west to beyond the east edge."""
        middle = [
            (self.spots[c, RIVER_ABOVE_ROW][0], self._between_banks(c)) for c in range(COLUMNS)
        ]
        west, east = middle[0], middle[-1]
        return [(west[0] - 600, west[1] - 40), *middle, (east[0] + 600, east[1] + 40)]

    def _between_banks(self, column: int) -> float:
        low = self.spots[column, RIVER_ABOVE_ROW][1]
        high = self.spots[column, RIVER_ABOVE_ROW + 1][1]
        return (low + high) / 2 + 40 * math.sin(column / 1.7)


def _spots(chance: random.Random) -> dict[Spot, Point]:
    """Grid spots in metres: jittered, gently bent, pushed apart where the river flows."""
    xs = [(c - COLUMNS // 2) * SPACING_M + chance.uniform(-45, 45) for c in range(COLUMNS)]
    ys = [(r - ROWS // 2) * SPACING_M + chance.uniform(-40, 40) for r in range(ROWS)]
    spots = {}
    for row in range(ROWS):
        bank = 100.0 if row > RIVER_ABOVE_ROW else -100.0
        for column in range(COLUMNS):
            x = xs[column] + 70 * math.sin(row / 3) + chance.uniform(-22, 22)
            y = ys[row] + bank + 90 * math.sin(column / 4) + chance.uniform(-22, 22)
            spots[column, row] = (round(x, 2), round(y, 2))
    return spots


def _bent(a: Point, b: Point, bend_m: float) -> list[Point]:
    """Five points from a to b, bent aside by `bend_m` in the middle."""
    length = math.dist(a, b)
    aside = (-(b[1] - a[1]) / length, (b[0] - a[0]) / length)
    line = []
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        out = bend_m * math.sin(math.pi * share)
        x = a[0] + (b[0] - a[0]) * share + aside[0] * out
        y = a[1] + (b[1] - a[1]) * share + aside[1] * out
        line.append((round(x, 2), round(y, 2)))
    return line
