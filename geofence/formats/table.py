"""The formats by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from geofence.datum import Datum
from geofence.formats import gpx, kml, shapefiles, wkt
from geofence.formats.moved import from_wgs84
from geofence.geojson import FeatureError, collection_of
from model.fences import Fence

Features = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Format:
    """`read`: bytes -> Features, raises FeatureError; `write`: fences -> bytes.

    `shapes`: what it can hold; None: all.
    """

    suffix: str
    media_type: str
    read: Callable[[bytes], Features]
    write: Callable[[Sequence[Fence]], bytes]
    shapes: frozenset[str] | None = None


def _read_geojson(data: bytes) -> Features:
    try:
        found = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise FeatureError("", f"不是 JSON：{error}", f"not JSON: {error}") from error
    if isinstance(found, dict) and found.get("type") == "Feature":
        return [found]
    features = found.get("features") if isinstance(found, dict) else None
    if not isinstance(features, list):
        raise FeatureError(
            "", "应为 GeoJSON FeatureCollection", "expected a GeoJSON FeatureCollection"
        )
    return features


def _write_geojson(fences: Sequence[Fence]) -> bytes:
    return msgspec.json.encode(collection_of(fences))


FORMATS: dict[str, Format] = {
    "geojson": Format(".geojson", "application/geo+json", _read_geojson, _write_geojson),
    "kml": Format(".kml", "application/vnd.google-earth.kml+xml", kml.read, kml.write),
    "gpx": Format(".gpx", "application/gpx+xml", gpx.read, gpx.write, gpx.SHAPES),
    "wkt": Format(".csv", "text/csv; charset=utf-8", wkt.read, wkt.write),
    "shapefile": Format(".zip", "application/zip", shapefiles.read, shapefiles.write),
}


def write_fences(
    name: str, fences: Iterable[Fence], datum: Datum = "wgs84"
) -> tuple[bytes, list[int]]:
    """A file of the format, and the ids of the fences that it cannot hold."""
    found = FORMATS[name]
    kept, left_out = [], []
    for fence in fences:
        if found.shapes is None or fence.shape in found.shapes:
            kept.append(from_wgs84(fence, datum))
        else:
            left_out.append(fence.id)
    return found.write(kept), left_out
