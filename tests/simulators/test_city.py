"""The district: deterministic, connected, and shaped as the fleet needs it."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from shapely import get_coordinates
from shapely.geometry import LineString, Point, shape

from simulators.city import basemap, build_city, fences, pairs

ROOT = Path(__file__).parents[2]
_DIGEST = (
    "import hashlib, json; from simulators.city import *; c = build_city(7);"
    "import msgspec; text = json.dumps([basemap(c), msgspec.to_builtins(fences(c))]);"
    "print(hashlib.sha256(text.encode()).hexdigest())"
)


def test_same_seed_same_bytes_in_any_process() -> None:
    """Hash order must not matter: two processes with different hash seeds agree."""
    digests = set()
    for hash_seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            [sys.executable, "-c", _DIGEST], env=environment, capture_output=True, check=True
        )
        digests.add(done.stdout)
    assert len(digests) == 1


def test_another_seed_is_another_city() -> None:
    digests = {
        hashlib.sha256(json.dumps(basemap(build_city(seed))).encode()).hexdigest()
        for seed in (7, 8)
    }
    assert len(digests) == 2


@pytest.mark.parametrize("seed", [1, 7, 23])
def test_every_place_reaches_every_other(seed: int) -> None:
    city = build_city(seed)
    nodes = [place.inside for place in city.places] + city.bins[:5]
    for start in nodes:
        for end in nodes:
            assert start == end or city.network.way(start, end, avoid=True)


@pytest.mark.parametrize("seed", [1, 7, 23])
def test_corridors_keep_out_of_the_centre(seed: int) -> None:
    city = build_city(seed)
    for site, dump in pairs(city):
        assert not LineString(city.corridor_line(site, dump)).intersects(city.centre)


@pytest.mark.parametrize("seed", [1, 7, 23])
def test_fences_are_valid_and_told_apart_by_code(seed: int) -> None:
    city = build_city(seed)
    made = fences(city)
    assert len({fence.code for fence in made}) == len(made)
    for fence in made:
        geometry = shape(fence.geometry)
        assert geometry.is_valid, fence.code
        assert (fence.half_width_m is not None) == (fence.shape in ("corridor", "route"))


def test_grid_cells_fill_the_district_without_overlap() -> None:
    city = build_city(7)
    assert 25 <= len(city.cells) <= 35
    for number, cell in enumerate(city.cells):
        for other in city.cells[number + 1 :]:
            assert cell.shape.intersection(other.shape).area < 1


def test_every_fence_lies_in_the_district_that_answers_for_it() -> None:
    made = fences(build_city(7))
    districts = {f.south: shape(f.geometry) for f in made if "district" in f.tags}
    assert len(districts) == 2
    assert districts[True].intersection(districts[False]).area < 1e-9
    for fence in made:
        place = shape(fence.geometry)
        polygon = place.geom_type == "Polygon"
        start = place.centroid if polygon else Point(get_coordinates(place)[0])
        assert districts[fence.south].buffer(1e-6).contains(start), fence.code


@pytest.mark.parametrize("seed", [1, 7, 23])
def test_muck_leaves_sites_at_earthwork_and_foundation_only(seed: int) -> None:
    city = build_city(seed)
    phases = {place.code: place.phase for place in city.places if place.tag == "site"}
    assert set(phases.values()) == {"earthwork", "foundation", "structure"}
    assert {site for site, _ in pairs(city)} == {
        code for code, phase in phases.items() if phase != "structure"
    }
    tags = {fence.code: fence.tags for fence in fences(city)}
    assert all(tags[code] == ("site", phase) for code, phase in phases.items())


@pytest.mark.parametrize("seed", [1, 7, 23])
def test_routes_pass_their_waypoints_in_order_and_once(seed: int) -> None:
    city = build_city(seed)
    for loop in city.loops:
        line = LineString(loop.line)
        along = [line.project(Point(city.network.nodes[node])) for node in loop.waypoints]
        assert along == sorted(along)
        assert 0 < along[0] < along[-1] < line.length - 500


@pytest.mark.parametrize("seed", [1, 7, 23])
def test_rounds_of_check_ins_lie_in_their_cells_with_their_circles_apart(seed: int) -> None:
    city = build_city(seed)
    for cell in city.cells:
        points = [Point(point) for point in city.check_ins[cell.code]]
        assert len(points) == 4
        assert all(cell.shape.buffer(-50).contains(point) for point in points)
        pairs_there = [(a, b) for n, a in enumerate(points) for b in points[n + 1 :]]
        assert all(a.distance(b) > 150 for a, b in pairs_there)


def test_gates_lie_outside_and_work_spots_inside_their_place() -> None:
    city = build_city(7)
    for fence, place in zip(fences(city), city.places, strict=False):
        assert fence.code  # the order of fences starts with places
        ring = shape({"type": "Polygon", "coordinates": [[*place.ring, place.ring[0]]]})
        inside, gate = city.network.nodes[place.inside], city.network.nodes[place.gate]
        assert ring.contains(shape({"type": "Point", "coordinates": inside}))
        assert not ring.contains(shape({"type": "Point", "coordinates": gate}))


def test_map_has_what_the_style_draws() -> None:
    layers = [feature["properties"]["layer"] for feature in basemap(build_city(7))["features"]]
    assert {"district", "river", "park", "place", "road"} == set(layers)
    roads = [f["properties"] for f in basemap(build_city(7))["features"]]
    assert sum(road.get("bridge", False) for road in roads) == 4
    assert {"trunk", "secondary", "residential", "service"} <= {r.get("class") for r in roads}
