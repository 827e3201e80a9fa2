"""GPX 1.1 (topografix.com/GPX/1/1): routes and tracks as corridors, and lines as routes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from geofence.formats.xml import name_of, named, parse, text_of
from model.fences import Fence

SHAPES = frozenset({"corridor", "route", "road_set"})
_NAMESPACE = "http://www.topografix.com/GPX/1/1"


def read(data: bytes) -> list[dict[str, Any]]:
    """A Feature a route, and one a track: with several segments a road set."""
    root = parse(data, "gpx")
    return [_feature(element) for element in root if name_of(element) in ("rte", "trk")]


def write(fences: Sequence[Fence]) -> bytes:
    """Routes as `rte` (their order is the direction), corridors and road sets as `trk`."""
    root = Element("gpx", xmlns=_NAMESPACE, version="1.1", creator="Xunji")
    # The schema wants all routes before all tracks.
    for fence in sorted(fences, key=lambda fence: fence.shape != "route"):
        lines = fence.geometry["coordinates"]
        lines = lines if fence.shape == "road_set" else [lines]
        element = SubElement(root, "rte" if fence.shape == "route" else "trk")
        SubElement(element, "name").text = fence.name
        for line in lines:
            holder = element if fence.shape == "route" else SubElement(element, "trkseg")
            _write_line(holder, "rtept" if fence.shape == "route" else "trkpt", line)
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True))


def _feature(element: Element) -> dict[str, Any]:
    if name_of(element) == "rte":
        lines = [_line(element, "rtept")]
        shape = "route"
    else:
        lines = [_line(segment, "trkpt") for segment in named(element, "trkseg")]
        lines = [line for line in lines if len(line) > 1] or lines[:1] or [[]]
        shape = "corridor" if len(lines) == 1 else "road_set"
    geometry: dict[str, Any] = {"type": "MultiLineString", "coordinates": lines}
    if shape != "road_set":
        geometry = {"type": "LineString", "coordinates": lines[0]}
    properties = {"name": text_of(element, "name"), "shape": shape}
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def _line(element: Element, name: str) -> list[list[Any]]:
    return [[_number(p.get("lon")), _number(p.get("lat"))] for p in named(element, name)]


def _number(text: str | None) -> float | str | None:
    """What is no number stays as it is, for the checks to name."""
    try:
        return text if text is None else float(text)
    except ValueError:
        return text


def _write_line(element: Element, name: str, line: Any) -> None:
    for position in line:
        SubElement(element, name, lat=repr(position[1]), lon=repr(position[0]))
