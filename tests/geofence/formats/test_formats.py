"""Every format: what goes out comes in again; what is wrong is named; nothing bad is opened."""

from __future__ import annotations

import contextlib
import io
import json
import zipfile
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from geofence.datum import wgs84_to_bd09, wgs84_to_gcj02
from geofence.formats import FORMATS, Options, read_fences, reading, shapefiles, write_fences
from geofence.geodesy import ground_distance_m
from geofence.geojson import FeatureError
from model.fences import Fence, Waypoint
from model.rulebook import FAR_FUTURE_US

RING = [[121.0, 31.0], [121.1, 31.0], [121.1, 31.1], [121.0, 31.1], [121.0, 31.0]]
HOLE = [[121.02, 31.02], [121.02, 31.04], [121.04, 31.04], [121.04, 31.02], [121.02, 31.02]]
FAR = [[x + 1, y] for x, y in RING]
LINE = RING[:3]
FIXED = {"id": 0, "organisation_id": 1, "responsible_organisation_id": 1}
SHAPES: dict[str, tuple[str, Any, dict[str, Any]]] = {
    "polygon": ("Polygon", [RING, HOLE], {"tags": ("site", "no_go")}),
    "multipolygon": ("MultiPolygon", [[RING, HOLE], [FAR]], {}),
    "grid_cell": ("Polygon", [RING], {"code": "320102001", "tags": ("grid",)}),
    "circle": ("Point", [121.5, 31.25], {"radius_m": 80.5}),
    "point_set": ("MultiPoint", RING[:2], {"radius_m": 12.0}),
    "corridor": ("LineString", LINE, {"half_width_m": 15.0}),
    "route": ("LineString", LINE, {"half_width_m": 25.0, "waypoints": (
        Waypoint(name="gate", longitude=121.05, latitude=31.0),)}),
    "road_set": ("MultiLineString", [LINE, FAR[:2]], {"half_width_m": 9.5}),
}  # fmt: skip


def fence(shape: str, name: str = "三号工地 <&\"'>") -> Fence:
    type_, coordinates, more = SHAPES[shape]
    values: dict[str, Any] = {**FIXED, "version": 1, "name": name, "shape": shape, **more}
    return Fence(
        geometry={"type": type_, "coordinates": coordinates}, valid_from_us=0,
        valid_to_us=FAR_FUTURE_US, **values,
    )  # fmt: skip


ALL = [fence(shape) for shape in SHAPES]


def read(name: str, data: bytes, **more: Any) -> list[Fence]:
    found = read_fences(name, data, Options(fixed=FIXED, **more))
    assert not found.problems
    return found.fences


def same(one: Fence, other: Fence) -> bool:
    """Equal but for the order in which a format must put rings."""
    grounds = [shapely.geometry.shape(f.geometry) for f in (one, other)]
    return replace(one, geometry={}) == replace(other, geometry={}) and bool(
        shapely.equals_exact(*(shapely.normalize(g) for g in grounds), 1e-9)
    )


@pytest.mark.parametrize("name", ["geojson", "kml", "wkt"])
def test_every_shape_comes_back(name: str) -> None:
    data, left_out = write_fences(name, ALL)
    found = read(name, data)
    assert not left_out
    assert len(found) == len(ALL)
    assert all(same(a, b) for a, b in zip(found, ALL, strict=True))


def test_shapefile_comes_back_but_for_waypoints() -> None:
    data, left_out = write_fences("shapefile", ALL)
    found = {f.shape: f for f in read("shapefile", data)}
    assert not left_out
    for sent in ALL:
        assert same(found[sent.shape], replace(sent, waypoints=()))


def test_gpx_holds_lines_and_says_what_it_leaves_out() -> None:
    numbered = [replace(f, id=i) for i, f in enumerate(ALL, 1)]
    data, left_out = write_fences("gpx", numbered)
    assert left_out == [1, 2, 3, 4, 5]
    found = read("gpx", data, half_width_m=40.0)
    assert [f.shape for f in found] == ["route", "corridor", "road_set"]
    assert {f.half_width_m for f in found} == {40.0}
    assert found[1].geometry["coordinates"] == LINE


@pytest.mark.parametrize("name", list(FORMATS))
@pytest.mark.parametrize(("datum", "convert"), [("gcj02", wgs84_to_gcj02), ("bd09", wgs84_to_bd09)])
def test_datums_are_converted_exactly(name: str, datum: Any, convert: Any) -> None:
    """Out in one datum and in again: below a centimetre, and really moved between."""
    data, _ = write_fences(name, [fence("route")], datum)
    (there,), (back,) = read(name, data), read(name, data, datum=datum)
    line, moved, again = (
        np.array(f.geometry["coordinates"]).T for f in (fence("route"), there, back)
    )
    assert ground_distance_m(*moved, *convert(*line)).max() < 0.001
    assert ground_distance_m(*moved, *line).min() > 100
    assert ground_distance_m(*again, *line).max() < 0.01


def test_waypoints_move_with_their_route() -> None:
    data, _ = write_fences("kml", [fence("route")], "bd09")
    (back,) = read("kml", data, datum="bd09")
    assert back.waypoints[0].longitude == pytest.approx(121.05, abs=1e-8)


BOW = [[0.0, 0.0], [2.0, 2.0], [2.0, 0.0], [0.0, 2.0], [0.0, 0.0]]


def collection(*features: tuple[str, Any, dict[str, Any]]) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": [
        {"type": "Feature", "geometry": {"type": kind, "coordinates": coordinates},
         "properties": {"name": "x"} | more}
        for kind, coordinates, more in features
    ]}).encode()  # fmt: skip


def test_invalid_rings_are_reported_with_the_place_or_repaired() -> None:
    data = collection(("Polygon", [RING], {}), ("Polygon", [BOW], {}), ("Polygon", [RING[:4]], {}))
    told = read_fences("geojson", data, Options(fixed=FIXED))
    assert [note.where for note in told.problems] == [
        "features[1].geometry",
        "features[2].geometry",
    ]
    assert "Self-intersection[1 1]" in told.problems[0].en
    assert "not closed" in told.problems[1].en
    assert len(told.fences) == 1
    mended = read_fences("geojson", data, Options(fixed=FIXED, repair=True))
    assert not mended.problems
    assert [note.where for note in mended.repaired] == [
        "features[1].geometry",
        "features[2].geometry",
    ]
    bow, closed = (shapely.geometry.shape(f.geometry) for f in mended.fences[1:])
    assert mended.fences[1].shape == "multipolygon"
    assert (bow.is_valid, bow.area) == (True, pytest.approx(2.0))
    assert closed.equals(shapely.Polygon(RING))


def test_a_ring_without_area_cannot_be_repaired() -> None:
    flat = [[0.0, 0.0], [1.0, 1.0], [2.0, 2.0], [0.0, 0.0]]
    told = read_fences(
        "geojson", collection(("Polygon", [flat], {})), Options(repair=True, fixed=FIXED)
    )
    assert [note.where for note in told.problems] == ["features[0].geometry"]


BILLION = b'<?xml version="1.0"?><!DOCTYPE kml [<!ENTITY a "aaaa">]><kml>&a;</kml>'
KML = '<kml xmlns="http://www.opengis.net/kml/2.2"><Placemark>{}</Placemark></kml>'
BAD: list[tuple[str, bytes, str]] = [
    ("geojson", b"{", "not JSON"),
    ("geojson", b"[]", "FeatureCollection"),
    ("kml", BILLION, "entities is refused"),
    ("gpx", BILLION, "entities is refused"),
    ("kml", b"<html/>", "root element must be kml"),
    ("kml", b"\x00", "not XML"),
    ("kml", KML.format("<Point><coordinates>x,y</coordinates></Point>").encode(),
     "bad coordinates"),
    ("kml", KML.format("<MultiGeometry><Point><coordinates>1,2</coordinates></Point><LineString>"
     "<coordinates>1,2 2,3</coordinates></LineString></MultiGeometry>").encode(), "not a mixture"),
    ("wkt", b"\xff\xfe", "UTF-8"),
    ("wkt", b"POINT (1 2)\nPOLYGON ((", "line 2: bad WKT"),
    ("wkt", b"SRID=3857;POINT (1 2)", "SRID must be"),
    ("wkt", b"POLYGON EMPTY", "no geometry"),
    ("shapefile", b"PK", "not a zip"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "data", "words"), BAD)
def test_a_file_that_is_none_is_refused_in_words(name: str, data: bytes, words: str) -> None:
    with pytest.raises(FeatureError, match=words):
        read_fences(name, data, Options(fixed=FIXED))


def test_lines_of_wkt_need_no_table() -> None:
    data = b"LINESTRING (121 31, 121.1 31)\n\nSRID=4490;POINT Z (121 31 5)\n"
    found = read("wkt", data, radius_m=70.0)
    assert [(f.shape, f.name) for f in found] == [("corridor", "wkt 0"), ("circle", "wkt 1")]
    assert (found[0].half_width_m, found[1].radius_m) == (30.0, 70.0)


def zipped(**files: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "."), content)
    return packed.getvalue()


def layer() -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(write_fences("shapefile", [fence("polygon")])[0])) as archive:
        return {name.replace(".", "__"): archive.read(name) for name in archive.namelist()}


def test_shapefiles_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    files = layer()
    projected = files | {"areas__prj": b'PROJCS["WGS_1984_UTM_Zone_51N",GEOGCS["GCS_WGS_1984"]]'}
    xian = files | {"areas__prj": b'GEOGCS["GCS_Xian_1980",DATUM["D_Xian_1980"]]'}
    for refused in (projected, xian):
        with pytest.raises(FeatureError, match="convert it in your GIS first"):
            read("shapefile", zipped(**refused))
    cgcs = files | {"areas__prj": b'GEOGCS["GCS_China_Geodetic_Coordinate_System_2000"]'}
    assert same(read("shapefile", zipped(**cgcs))[0], fence("polygon"))
    with pytest.raises(FeatureError, match="damaged"):
        read("shapefile", zipped(**(files | {"areas__shp": files["areas__shp"][:150]})))
    with pytest.raises(FeatureError, match=r"no \.shp"):
        read("shapefile", zipped(readme__txt=b"hello"))
    monkeypatch.setattr(shapefiles, "MAX_UNPACKED_BYTES", 100)
    with pytest.raises(FeatureError, match="too large"):
        read("shapefile", zipped(**files))


def test_caps_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    data, _ = write_fences("geojson", ALL)
    for cap, words in (("MAX_BYTES", "over 10 bytes"), ("MAX_TOTAL_VERTICES", "over 10 vertices"),
                       ("MAX_FEATURES", "more than 2")):  # fmt: skip
        with monkeypatch.context() as patch:
            patch.setattr(reading, cap, 2 if cap == "MAX_FEATURES" else 10)
            with pytest.raises(FeatureError, match=words):
                read_fences("geojson", data, Options(fixed=FIXED))


@given(st.sampled_from(sorted(FORMATS)), st.binary(max_size=200))
def test_rubbish_is_refused_or_read(name: str, data: bytes) -> None:
    with contextlib.suppress(FeatureError):
        read_fences(name, data, Options(fixed=FIXED))


GOOD = {name: write_fences(name, ALL)[0] for name in FORMATS} | {"shp": layer()["areas__shp"]}


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(GOOD)), st.floats(0, 0.999), st.binary(min_size=1, max_size=4))
def test_damage_is_refused_or_read(name: str, share: float, damage: bytes) -> None:
    good = GOOD[name]
    place = int(share * len(good))
    data = good[:place] + damage + good[place + len(damage) :]
    if name == "shp":
        data = zipped(**(layer() | {"areas__shp": data}))
    with contextlib.suppress(FeatureError):
        read_fences("shapefile" if name == "shp" else name, data, Options(fixed=FIXED))
