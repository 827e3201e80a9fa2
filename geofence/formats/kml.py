"""KML 2.2 (OGC 07-147r2): a Placemark a fence, its properties in ExtendedData."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from geofence.formats.properties import from_texts, to_texts
from geofence.formats.xml import name_of, named, parse, text_of
from geofence.geojson import FeatureError
from model.fences import Fence

_NAMESPACE = "http://www.opengis.net/kml/2.2"
_PART_OF = {"MultiPoint": "Point", "MultiLineString": "LineString", "MultiPolygon": "Polygon"}
_MULTI_OF = {part: multi for multi, part in _PART_OF.items()}
_GEOMETRIES = ("Point", "LineString", "LinearRing", "Polygon", "MultiGeometry")


def read(data: bytes) -> list[dict[str, Any]]:
    """Features of all Placemarks. Raises FeatureError for what is no KML."""
    root = parse(data, "kml")
    places = (element for element in root.iter() if name_of(element) == "Placemark")
    return [_feature(place, i) for i, place in enumerate(places)]


def write(fences: Sequence[Fence]) -> bytes:
    """A KML document."""
    root = Element("kml", xmlns=_NAMESPACE)
    document = SubElement(root, "Document")
    for fence in fences:
        place = SubElement(document, "Placemark")
        texts = to_texts(fence)
        SubElement(place, "name").text = texts.pop("name")
        extended = SubElement(place, "ExtendedData")
        for name, text in texts.items():
            SubElement(SubElement(extended, "Data", name=name), "value").text = text
        _write_geometry(place, fence.geometry["type"], fence.geometry["coordinates"])
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True))


def _feature(place: Element, number: int) -> dict[str, Any]:
    texts: dict[str, str | None] = {}
    for extended in named(place, "ExtendedData"):
        for data in extended.iter():
            if name_of(data) == "Data":
                texts[data.get("name", "")] = text_of(data, "value")
            elif name_of(data) == "SimpleData":
                texts[data.get("name", "")] = data.text
    texts["name"] = text_of(place, "name") or texts.get("name")
    geometries = list(named(place, *_GEOMETRIES))
    where = f"features[{number}]"
    geometry = _geometry(geometries[0], where) if geometries else None
    return {"type": "Feature", "geometry": geometry, "properties": from_texts(texts)}


def _geometry(element: Element, where: str) -> dict[str, Any]:
    kind = name_of(element)
    if kind != "MultiGeometry":
        return _single(element, kind, where)
    parts = [_geometry(part, where) for part in named(element, *_GEOMETRIES)]
    kinds = {part["type"] for part in parts}
    if len(kinds) != 1 or not kinds <= set(_MULTI_OF):
        raise FeatureError(
            where, "MultiGeometry 应由同类的点、线或面组成",
            "a MultiGeometry must hold points, lines or areas, not a mixture",
        )  # fmt: skip
    return {"type": _MULTI_OF[kinds.pop()], "coordinates": [part["coordinates"] for part in parts]}


def _single(element: Element, kind: str, where: str) -> dict[str, Any]:
    if kind == "Polygon":
        rings = [
            _positions(ring, where)
            for side in ("outerBoundaryIs", "innerBoundaryIs")
            for boundary in named(element, side)
            for ring in named(boundary, "LinearRing")
        ]
        return {"type": "Polygon", "coordinates": rings}
    positions = _positions(element, where)
    if kind == "Point":
        return {"type": "Point", "coordinates": positions[0] if positions else []}
    return {"type": "LineString", "coordinates": positions}


def _positions(element: Element, where: str) -> list[list[float]]:
    text = text_of(element, "coordinates") or ""
    try:
        return [[float(n) for n in position.split(",")[:2]] for position in text.split()]
    except ValueError as error:
        raise FeatureError(
            f"{where}.geometry", f"坐标有误：{error}", f"bad coordinates: {error}"
        ) from error


def _write_geometry(parent: Element, kind: str, coordinates: Any) -> None:
    if kind in _PART_OF:
        several = SubElement(parent, "MultiGeometry")
        for part in coordinates:
            _write_geometry(several, _PART_OF[kind], part)
        return
    element = SubElement(parent, kind)
    if kind != "Polygon":
        _write_positions(element, [coordinates] if kind == "Point" else coordinates)
        return
    for i, ring in enumerate(coordinates):
        side = SubElement(element, "innerBoundaryIs" if i else "outerBoundaryIs")
        _write_positions(SubElement(side, "LinearRing"), ring)


def _write_positions(element: Element, positions: Any) -> None:
    text = " ".join(f"{position[0]!r},{position[1]!r}" for position in positions)
    SubElement(element, "coordinates").text = text
