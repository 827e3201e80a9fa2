"""Locating fixes in 10,000 fences: `FenceIndex.locate` against one bare STRtree query.

The baseline is the tree's own exact bulk query on geometries made beforehand; `locate` also makes
the points from rows, leaves out unpositioned fixes, compares validity, and sorts.
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np
import shapely

from geofence.index import FenceIndex
from model.fences import Fence
from model.position import FixSource, Rows, empty_rows
from model.rulebook import FAR_FUTURE_US

FENCES = 10_000
ROWS = 1_000
VERTICES = 40
BATCHES = 8
DEGREE_M = 111_320.0


def run(quick: bool) -> list[dict[str, Any]]:
    """Points a second both ways, their ratio, the build, and distances to assigned corridors."""
    random = np.random.default_rng(42)
    fences = [_fence(i, random) for i in range(FENCES)]
    started = perf_counter()
    index = FenceIndex(fences)
    build_s = perf_counter() - started
    batches = [_rows(random) for _ in range(BATCHES)]
    points = [shapely.points(r["longitude_e6"] / 1e6, r["latitude_e6"] / 1e6) for r in batches]
    tree = shapely.STRtree([shapely.geometry.shape(f.geometry) for f in fences])
    rounds = 10 if quick else 60
    bare, located = _race(
        [lambda i: tree.query(points[i], "intersects"), lambda i: index.locate(batches[i])], rounds
    )
    assigned = random.integers(0, FENCES, ROWS)
    (distances,) = _race([lambda i: index.distances_m(assigned, batches[i])], rounds)
    return [
        _figure(
            "fences_locate_ratio",
            located / bare,
            "x",
            ">= 0.5",
            f"one bare STRtree query, {bare:,.0f}/s",
        ),
        _figure("fences_locate", located, "points/s", "", ""),
        _figure("fences_distance", distances, "points/s", "", "each to a fence of its own"),
        _figure("fences_build_10000", build_s, "s", "<= 5", ""),
    ]


def _figure(name: str, value: float, unit: str, target: str, baseline: str) -> dict[str, Any]:
    return {"name": name, "value": value, "unit": unit, "target": target, "baseline": baseline}


def _race(calls: list[Callable[[int], object]], rounds: int) -> list[float]:
    """Points a second of each, taken in turns so that a busy machine slows all alike (median)."""
    for call in calls:
        for i in range(BATCHES):
            call(i)
    seconds: list[list[float]] = [[] for _ in calls]
    for number in range(rounds * BATCHES):
        for call, taken in zip(calls, seconds, strict=True):
            started = perf_counter()
            call(number % BATCHES)
            taken.append(perf_counter() - started)
    return [ROWS / float(np.median(taken)) for taken in seconds]


def _fence(i: int, random: np.random.Generator) -> Fence:
    """A round polygon of 100 to 800 m somewhere in a city of 95 by 111 km."""
    longitude, latitude = random.uniform(121, 122), random.uniform(31, 32)
    radius = random.uniform(100, 800) / DEGREE_M
    angles = np.linspace(0, 2 * np.pi, VERTICES, endpoint=False)
    east = longitude + radius * np.cos(angles) / np.cos(np.radians(latitude))
    ring = np.stack([east, latitude + radius * np.sin(angles)], -1).tolist()
    return Fence(
        id=i, version=1, organisation_id=1, responsible_organisation_id=1, name=f"F{i}",
        shape="polygon", geometry={"type": "Polygon", "coordinates": [[*ring, ring[0]]]},
        valid_from_us=0, valid_to_us=FAR_FUTURE_US,
    )  # fmt: skip


def _rows(random: np.random.Generator) -> Rows:
    rows = empty_rows(ROWS)
    rows["fix_source"] = FixSource.GNSS
    rows["longitude_e6"] = random.uniform(121e6, 122e6, ROWS)
    rows["latitude_e6"] = random.uniform(31e6, 32e6, ROWS)
    return rows
