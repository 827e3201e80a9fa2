"""Timed routes: rounds of garbage trucks on through roads, each with places to pass in order."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from simulators.city.frame import Point
from simulators.city.layout import Layout, Spot
from simulators.city.network import Network

# Columns of the way up and down between these rows, south of the river; across in the upper row.
LOOP_COLUMNS = ((6, 2), (8, 14))
LOWER_ROW, SHORT_CUT_ROW, UPPER_ROW = 0, 2, 4
LOOP_HALF_WIDTH_M, WAYPOINT_RADIUS_M = 30.0, 50.0


@dataclass(frozen=True, slots=True)
class Loop:
    """A route, open at its lower side. `nodes` in driving order; `waypoints` are three of them.

    `short_cut`: from the first waypoint straight to the last.
    """

    code: str
    nodes: tuple[int, ...]
    waypoints: tuple[int, int, int]
    short_cut: tuple[int, ...]
    line: tuple[Point, ...]

    @property
    def start(self) -> int:
        """Where it begins."""
        return self.nodes[0]


def loops(layout: Layout, network: Network) -> list[Loop]:
    """The routes, L1 and on."""
    return [
        _loop(layout, network, f"L{number}", up, down)
        for number, (up, down) in enumerate(LOOP_COLUMNS, 1)
    ]


def _loop(layout: Layout, network: Network, code: str, up: int, down: int) -> Loop:
    corners = [(up, LOWER_ROW), (up, UPPER_ROW), (down, UPPER_ROW), (down, LOWER_ROW)]
    spots = [corners[0], *(spot for a, b in pairwise(corners) for spot in _between(a, b))]
    nodes = tuple(layout.node(spot) for spot in spots)
    middles = ((up, SHORT_CUT_ROW), ((up + down) // 2, UPPER_ROW), (down, SHORT_CUT_ROW))
    first, middle, last = (layout.node(spot) for spot in middles)
    short_cut = [(up, SHORT_CUT_ROW), *_between((up, SHORT_CUT_ROW), (down, SHORT_CUT_ROW))]
    line = network.line([edge for a, b in pairwise(nodes) for edge in network.way(a, b)])
    return Loop(
        code, nodes, (first, middle, last), tuple(layout.node(s) for s in short_cut), tuple(line)
    )


def _between(a: Spot, b: Spot) -> list[Spot]:
    """Spots in a straight line from a, without it, to b."""
    across, along = ((b[0] > a[0]) - (b[0] < a[0]), (b[1] > a[1]) - (b[1] < a[1]))
    steps = max(abs(b[0] - a[0]), abs(b[1] - a[1]))
    return [(a[0] + across * step, a[1] + along * step) for step in range(1, steps + 1)]
