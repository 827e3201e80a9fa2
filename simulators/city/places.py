"""Places with a fence: sites with gate and wash bay, dumps, plant, depot; parks and the centre."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

from shapely.geometry import LineString, Polygon

from simulators.city.frame import Point
from simulators.city.layout import RIVER_HALF_WIDTH_M, Layout, Spot
from simulators.city.names import DEPOT, DUMPS, PLANT, SITES, STRUCTURE_SITE, stream

# (column, row) of the street piece that the gate is on, and the side of it (1 north, -1 south).
SITE_SPOTS = ((2, 2, 1), (7, 0, 1), (14, 4, -1), (3, 10, 1), (9, 14, -1), (16, 12, -1))
# What a site is at: muck leaves it in the first two phases, concrete comes in the last two.
PHASES = ("earthwork", "foundation", "earthwork", "foundation", "earthwork", "foundation")
STRUCTURE, HAULING, POURING = "structure", ("earthwork", "foundation"), ("foundation", "structure")
STRUCTURE_SPOTS = ((10, 2, 1), (4, 4, 1), (11, 4, -1), (8, 2, 1), (3, 6, 1), (5, 6, 1), (7, 6, 1))
DUMP_SPOTS = ((1, 14, 1), (16, 0, -1))
PLANT_SPOT, DEPOT_SPOT, TRANSFER_SPOT = (12, 2, 1), (8, 4, -1), (4, 0, -1)
TRANSFER = ("南浦垃圾转运站", "Nanpu Transfer Station")
PARK_SPOTS = ((4, 2), (15, 8), (8, 9), (5, 12), (10, 6))
CENTRE_CORNERS = ((6, 8), (12, 8), (12, 12), (6, 12))
QUARTER_CORNERS = ((12, 8), (16, 8), (16, 12), (12, 12))
CENTRE_INSET_M = 110.0
BIN_STANDS = 24


@dataclass(frozen=True, slots=True)
class Place:
    """A fenced place: its gate on the street, the spot inside where vehicles work, its ring.

    `wash`: node on the wash bay just behind the gate, and the bay's ring; `phase` of the building
    (sites only).
    """

    tag: str
    code: str
    name: str
    name_en: str
    gate: int
    inside: int
    ring: tuple[Point, ...]
    wash: int | None = None
    wash_ring: tuple[Point, ...] = ()
    phase: str = ""


def place_all(layout: Layout, seed: int) -> list[Place]:
    """Every place, joined to the network."""
    chance = stream(seed, "places")
    places = [
        _place(layout, chance, ("site", f"S{i + 1}", *name), SITE_SPOTS[i], PHASES[i])
        for i, name in enumerate(SITES)
    ]
    wanted = [("dump", f"D{i + 1}", *name, DUMP_SPOTS[i]) for i, name in enumerate(DUMPS)]
    wanted += [
        ("plant", "P1", *PLANT, PLANT_SPOT),
        ("parking", "K1", *DEPOT, DEPOT_SPOT),
        ("dump", "D3", *TRANSFER, TRANSFER_SPOT),
    ]
    return places + [_place(layout, chance, labels, spot) for *labels, spot in wanted]


def structure_site(layout: Layout, seed: int) -> Place:
    """A site that is past its earthwork, on a piece of street that nothing else has split."""
    whole = set(layout.unsplit())
    spot = next(s for s in STRUCTURE_SPOTS if ((s[0], s[1]), (s[0] + 1, s[1])) in whole)
    labels = ("site", f"S{len(SITES) + 1}", *STRUCTURE_SITE)
    return _place(layout, stream(seed, "structure site"), labels, spot, STRUCTURE)


def _place(
    layout: Layout,
    chance: random.Random,
    labels: Sequence[str],
    spot: tuple[int, int, int],
    phase: str = "",
) -> Place:
    """`labels`: tag, code, name, English name."""
    (column, row, side), (tag, code, name, name_en) = spot, labels
    a, b = (column, row), (column + 1, row)
    half_width_m, depth_m = chance.uniform(95, 125), chance.uniform(165, 205)
    gate = layout.split(a, b)
    here = _Ground(layout.network.nodes[gate], layout.spots[a], layout.spots[b], side)
    wash = layout.join(gate, here.at(0, 52)) if tag == "site" else None
    inside = layout.join(gate if wash is None else wash, here.at(0, 0.6 * depth_m))
    corners = ((-half_width_m, 24), (half_width_m, 24))
    far = ((half_width_m * 0.9, depth_m), (-half_width_m * 1.05, depth_m * 0.93))
    ring = tuple(here.at(*corner) for corner in corners + far)
    bay = ((-25, 32), (25, 32), (25, 74), (-25, 74))
    wash_ring = tuple(here.at(*corner) for corner in bay) if wash is not None else ()
    return Place(tag, code, name, name_en, gate, inside, ring, wash, wash_ring, phase)


class _Ground:
    """A frame at a gate: u along the street, v away from it, metres."""

    def __init__(self, origin: Point, a: Spot | Point, b: Spot | Point, side: int) -> None:
        length = math.dist(a, b)
        self._origin = origin
        self._u = ((b[0] - a[0]) / length, (b[1] - a[1]) / length)
        self._v = (-self._u[1] * side, self._u[0] * side)

    def at(self, u_m: float, v_m: float) -> Point:
        x = self._origin[0] + self._u[0] * u_m + self._v[0] * v_m
        y = self._origin[1] + self._u[1] * u_m + self._v[1] * v_m
        return round(x, 2), round(y, 2)


def bin_stands(layout: Layout, seed: int) -> list[int]:
    """Nodes of the garbage collection points, in a seeded order."""
    chance = stream(seed, "bins")
    pieces = layout.unsplit()
    chance.shuffle(pieces)
    return [layout.split(a, b) for a, b in pieces[:BIN_STANDS]]


def park_rings(layout: Layout) -> list[tuple[Point, ...]]:
    """Parks: blocks, drawn back from their streets."""
    rings = []
    for column, row in PARK_SPOTS:
        corners = ((column, row), (column + 1, row), (column + 1, row + 1), (column, row + 1))
        block = Polygon([layout.spots[c] for c in corners]).buffer(-45, join_style="round")
        dry = block.difference(river_shape(layout).buffer(15))
        rings.append(_ring(dry))
    return rings


def centre_shape(layout: Layout) -> Polygon:
    """The centre, open to heavy vehicles at night: what lies within a ring of trunk roads."""
    return _within(layout, CENTRE_CORNERS)


def quarter_shape(layout: Layout) -> Polygon:
    """The quarter of the schools, never open to heavy vehicles."""
    return _within(layout, QUARTER_CORNERS)


def _within(layout: Layout, corners: tuple[Spot, Spot, Spot, Spot]) -> Polygon:
    """What lies between four through roads, clear of those roads."""
    (west, south), (east, _), (_, north), _ = corners
    border = [(c, south) for c in range(west, east)] + [(east, r) for r in range(south, north)]
    border += [(c, north) for c in range(east, west, -1)]
    border += [(west, r) for r in range(north, south, -1)]
    ring = Polygon([layout.spots[spot] for spot in border])
    return ring.buffer(-CENTRE_INSET_M, join_style="mitre").simplify(5)


def river_shape(layout: Layout) -> Polygon:
    """The river as an area."""
    return LineString(layout.river()).buffer(RIVER_HALF_WIDTH_M, quad_segs=4)


def _ring(shape: Polygon) -> tuple[Point, ...]:
    return tuple((round(x, 2), round(y, 2)) for x, y in shape.exterior.coords)
