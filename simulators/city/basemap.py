"""The district as GeoJSON: a base map for the page and fences for the server."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from shapely.geometry import LineString, Polygon

from model.fences import Waypoint
from simulators.city import names
from simulators.city.check_ins import RADIUS_M, check_in_code
from simulators.city.city import (
    CORRIDOR_HALF_WIDTH_M,
    STAND_RADIUS_M,
    WORK_ROAD_HALF_WIDTH_M,
    City,
)
from simulators.city.frame import (
    Point,
    line_geometry,
    points_geometry,
    polygon_geometry,
    to_degrees,
)
from simulators.city.grid import Cell, ring_of
from simulators.city.loops import LOOP_HALF_WIDTH_M, WAYPOINT_RADIUS_M, Loop
from simulators.city.places import HAULING, Place

FIRST_DUMP_SITES = 3  # the first so many sites belong to dump D1, the others to D2


class CityFence(msgspec.Struct, frozen=True, kw_only=True):
    """A fence as the server takes it; `south`: which enforcement district is responsible."""

    code: str
    name: str
    name_en: str
    shape: str
    geometry: dict[str, Any]
    tags: tuple[str, ...]
    south: bool
    half_width_m: float | None = None
    radius_m: float | None = None
    waypoints: tuple[Waypoint, ...] = ()


def basemap(city: City) -> dict[str, Any]:
    """GeoJSON FeatureCollection; `layer`: river, park, road, place, district; `class` of roads.

    Features come in drawing order, areas first.
    """
    features = [_area("district", outline(city), *names.DISTRICT)]
    features.append(_area("river", ring_of(city.river), *names.RIVER))
    features += [
        _area("park", ring, *name) for ring, name in zip(city.parks, names.PARKS, strict=True)
    ]
    features += [
        _area(
            "place",
            list(place.ring),
            place.name,
            place.name_en,
            kind=place.tag,
            **({"phase": place.phase} if place.phase else {}),
        )
        for place in city.places
    ]
    order = {"service": 0, "residential": 1, "secondary": 2, "trunk": 3}
    roads = city.network.roads
    for line, index in sorted(city.streets, key=lambda s: order[roads[s[1]].kind]):
        road = roads[index]
        properties = {
            "layer": "road",
            "class": road.kind,
            "name": road.name if road.kind != "service" else "",
            "name_en": road.name_en if road.kind != "service" else "",
            "bridge": city.river.intersects(LineString(line)),
            "dual": road.kind == "trunk",
        }
        features.append(_feature(properties, line_geometry(line)))
    return {"type": "FeatureCollection", "features": features}


def outline(city: City) -> list[Point]:
    """The district's border: around all cells and the river between them."""
    shape = city.river
    for cell in city.cells:
        shape = shape.union(cell.shape.buffer(1))
    west, south, east, north = shape.bounds
    return [(west, south), (east, south), (east, north), (west, north)]


def pairs(city: City) -> list[tuple[str, str]]:
    """Which site sends its muck to which dump."""
    sites = [place.code for place in city.places if place.phase in HAULING]
    return [(code, "D1" if n < FIRST_DUMP_SITES else "D2") for n, code in enumerate(sites)]


def fences(city: City) -> list[CityFence]:
    """Every fence of the district, in a fixed order; codes are unique."""
    made = []
    for place in city.places:
        made += _place_fences(city, place)
    made.append(_polygon(city, ("C1", *names.CENTRE), ring_of(city.centre), "no_go"))
    made.append(_polygon(city, ("C2", *names.QUARTER), ring_of(city.quarter), "closed"))
    for area, named in zip(city.contract_areas, names.CONTRACT_AREAS, strict=True):
        made.append(_polygon(city, (area.code, *named), ring_of(area.shape), "contract"))
    for site, dump in pairs(city):
        made.append(_corridor(city, site, dump))
    for road in city.work_roads:
        made.append(
            CityFence(
                code=road.code,
                name=road.name,
                name_en=road.name_en,
                shape="corridor",
                geometry=line_geometry(road.line),
                half_width_m=WORK_ROAD_HALF_WIDTH_M,
                tags=("road",),
                south=city.is_south(road.line[0]),
            )
        )
    for code, stands in city.rounds().items():
        points = [city.network.nodes[node] for node in stands]
        made.append(
            CityFence(
                code=code,
                name=f"{names.COLLECTION[0]}{code}",
                name_en=f"{names.COLLECTION[1]} {code}",
                shape="point_set",
                geometry=points_geometry(points),
                radius_m=STAND_RADIUS_M,
                tags=("collection",),
                south=city.is_south(points[0]),
            )
        )
    made += [_loop(city, loop) for loop in city.loops]
    for cell in city.cells:
        labels = (cell.code, cell.name, f"Grid cell {cell.code}")
        made.append(_polygon(city, labels, ring_of(cell.shape), "grid"))
    made += [_round(city, cell) for cell in city.cells]
    return made + _districts(city)


def _districts(city: City) -> list[CityFence]:
    """The two enforcement districts, south and north of the river, which answer for the rest."""
    (west, south), _, (east, north), _ = outline(city)
    south_west, south_east = (west, city.river_y(west)), (east, city.river_y(east))
    rings = ([(west, south), (east, south), south_east, south_west],
             [south_west, south_east, (east, north), (west, north)])  # fmt: skip
    return [
        _polygon(city, labels, ring, "district")
        for labels, ring in zip(names.ENFORCEMENT_DISTRICTS, rings, strict=True)
    ]


def corridor_code(site: str, dump: str) -> str:
    """The code of the corridor fence between two places."""
    return f"{site}-{dump}"


def _place_fences(city: City, place: Place) -> list[CityFence]:
    labels = (place.code, place.name, place.name_en)
    tags = (place.tag, place.phase) if place.phase else (place.tag,)
    made = [_polygon(city, labels, place.ring, *tags)]
    if place.wash_ring:
        bay = (f"{place.code}W", f"{place.name}洗车台", f"{place.name_en} wash bay")
        made.append(_polygon(city, bay, place.wash_ring, "wash_bay"))
    return made


def _corridor(city: City, site: str, dump: str) -> CityFence:
    start, end = city.place(site), city.place(dump)
    line = city.corridor_line(site, dump)
    return CityFence(
        code=corridor_code(site, dump),
        name=f"{start.name}至{end.name}运输线路",
        name_en=f"{start.name_en} to {end.name_en}",
        shape="corridor",
        geometry=line_geometry(line),
        half_width_m=CORRIDOR_HALF_WIDTH_M,
        tags=("corridor",),
        south=city.is_south(line[0]),
    )


def _round(city: City, cell: Cell) -> CityFence:
    points = city.check_ins[cell.code]
    return CityFence(
        code=check_in_code(cell.code),
        name=f"{cell.name}{names.CHECK_INS[0]}",
        name_en=f"{names.CHECK_INS[1]} {cell.code}",
        shape="point_set",
        geometry=points_geometry(points),
        radius_m=RADIUS_M,
        tags=("check_in",),
        south=city.is_south(points[0]),
    )


def _loop(city: City, loop: Loop) -> CityFence:
    waypoints = []
    for number, node in enumerate(loop.waypoints, 1):
        longitude, latitude = to_degrees(city.network.nodes[node])
        waypoints.append(
            Waypoint(
                name=f"{loop.code}-{number}",
                longitude=longitude,
                latitude=latitude,
                radius_m=WAYPOINT_RADIUS_M,
            )
        )
    return CityFence(
        code=loop.code,
        name=f"{names.LOOP[0]}{loop.code}",
        name_en=f"{names.LOOP[1]} {loop.code}",
        shape="route",
        geometry=line_geometry(loop.line),
        half_width_m=LOOP_HALF_WIDTH_M,
        waypoints=tuple(waypoints),
        tags=("collection_route",),
        south=city.is_south(loop.line[0]),
    )


def _polygon(
    city: City, labels: tuple[str, str, str], ring: Sequence[Point], *tags: str
) -> CityFence:
    code, name, name_en = labels
    return CityFence(
        code=code,
        name=name,
        name_en=name_en,
        shape="polygon",
        geometry=polygon_geometry(ring),
        tags=tags,
        south=city.is_south(Polygon(ring).centroid.coords[0]),
    )


def _area(layer: str, ring: Any, name: str, name_en: str, **more: str) -> dict[str, Any]:
    properties = {"layer": layer, "name": name, "name_en": name_en, **more}
    return _feature(properties, polygon_geometry(ring))


def _feature(properties: dict[str, Any], geometry: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": geometry}
