"""ESRI Shapefiles in a zip (ESRI white paper, July 1998), by pyshp: one layer a kind of geometry.

The .prj must be geographic WGS-84 or CGCS2000 (they differ by centimetres), or say nothing; for
GCJ-02 and BD-09, which no .prj can say, the datum is named by who imports. Waypoints do not fit
into a .dbf and are left out.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any

import shapefile

from geofence.formats.properties import from_texts, to_texts
from geofence.geojson import FeatureError
from model.fences import Fence

MAX_MEMBERS = 200
MAX_UNPACKED_BYTES = 256 * 1024 * 1024
_WGS84 = (
    'GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],'
    'PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]'
)
_KNOWN_PRJ = re.compile(r"WGS[_ ]?(19)?84|CGCS[_ ]?2000|China[_ ]?2000|China_Geodetic", re.I)
# A .dbf field has ten characters for its name and 254 bytes for its text.
_FIELDS = {
    "name": "name",
    "code": "code",
    "shape": "shape",
    "radius_m": "radius_m",
    "half_width": "half_width_m",
    "tags": "tags",
}
_FIELD_BYTES = 254
_LAYER_OF = {
    "Polygon": ("areas", shapefile.POLYGON),
    "MultiPolygon": ("areas", shapefile.POLYGON),
    "LineString": ("lines", shapefile.POLYLINE),
    "MultiLineString": ("lines", shapefile.POLYLINE),
    "Point": ("points", shapefile.POINT),
    "MultiPoint": ("point_sets", shapefile.MULTIPOINT),
}


def read(data: bytes) -> list[dict[str, Any]]:
    """Features of all layers of a zip. Raises FeatureError for what is none, or too large."""
    members = _unpacked(data)
    layers = sorted(name for name in members if name.lower().endswith(".shp"))
    if not layers:
        raise FeatureError("", "压缩包中没有 .shp", "the zip holds no .shp")
    return [feature for name in layers for feature in _layer(name, members)]


def write(fences: Sequence[Fence]) -> bytes:
    """A zip with a layer for each kind of geometry that occurs."""
    layers: dict[tuple[str, int], list[Fence]] = {}
    for fence in fences:
        layers.setdefault(_LAYER_OF[fence.geometry["type"]], []).append(fence)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for (name, kind), members in layers.items():
            for suffix, content in _files(kind, members).items():
                archive.writestr(zipfile.ZipInfo(f"{name}.{suffix}"), content)
    return packed.getvalue()


def _unpacked(data: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            size = sum(entry.file_size for entry in entries)
            if len(entries) > MAX_MEMBERS or size > MAX_UNPACKED_BYTES:
                raise FeatureError(
                    "", f"压缩包过大：最多 {MAX_MEMBERS} 个文件、{MAX_UNPACKED_BYTES} 字节",
                    f"the zip is too large: at most {MAX_MEMBERS} files and "
                    f"{MAX_UNPACKED_BYTES} bytes unpacked",
                )  # fmt: skip
            # zipfile stops at the size that the directory states, so the sum above holds.
            return {entry.filename: archive.read(entry) for entry in entries}
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, OSError) as error:
        raise FeatureError("", f"不是 zip：{error}", f"not a zip: {error}") from error


def _layer(name: str, members: dict[str, bytes]) -> list[dict[str, Any]]:
    beside = {PurePosixPath(each.lower()): each for each in members}
    parts = {
        suffix: members[beside[path]]
        for suffix in ("shp", "shx", "dbf", "prj", "cpg")
        if (path := PurePosixPath(name.lower()).with_suffix(f".{suffix}")) in beside
    }
    _check_prj(name, parts.get("prj", b"").decode("utf-8", "replace"))
    given = parts.get("cpg", b"utf-8").decode("ascii", "replace").strip().lower()
    encoding = {"65001": "utf-8", "936": "gb18030", "gbk": "gb18030"}.get(given, given or "utf-8")
    files = {
        suffix: io.BytesIO(parts[suffix]) for suffix in ("shp", "shx", "dbf") if suffix in parts
    }
    try:
        with shapefile.Reader(**files, encoding=encoding, encodingErrors="replace") as reader:
            return [_feature(entry) for entry in reader.iterShapeRecords()]
    except Exception as error:  # pyshp raises what struct, its arithmetic and codecs raise
        raise FeatureError(name, f"Shapefile 已损坏：{error}", f"damaged: {error}") from error


def _check_prj(name: str, text: str) -> None:
    if text and (text.lstrip().upper().startswith("PROJCS") or not _KNOWN_PRJ.search(text)):
        raise FeatureError(
            name, "坐标系应为经纬度的 WGS-84 或 CGCS2000：请先在 GIS 软件中转换",
            "its .prj must be geographic WGS-84 or CGCS2000: convert it in your GIS first",
        )  # fmt: skip


def _feature(entry: Any) -> dict[str, Any]:
    record = {str(key).lower(): value for key, value in entry.record.as_dict().items()}
    texts = {
        ours: str(record[field]) for field, ours in _FIELDS.items() if record.get(field) is not None
    }
    geometry = None
    if entry.shape.shapeType != shapefile.NULL:
        found = entry.shape.__geo_interface__
        geometry = {"type": found["type"], "coordinates": _lists(found["coordinates"])}
    return {"type": "Feature", "geometry": geometry, "properties": from_texts(texts)}


def _lists(part: Any) -> Any:
    """GeoJSON has lists where pyshp has tuples, and two numbers where it may have more."""
    if not isinstance(part, (list, tuple)):
        return float(part)
    if part and not isinstance(part[0], (list, tuple)):
        return [float(number) for number in part[:2]]
    return [_lists(child) for child in part]


def _files(kind: int, fences: Sequence[Fence]) -> dict[str, bytes]:
    files = {suffix: io.BytesIO() for suffix in ("shp", "shx", "dbf")}
    with shapefile.Writer(**files, shapeType=kind, encoding="utf-8") as writer:
        for field in _FIELDS:
            writer.field(field, "C", size=_FIELD_BYTES)
        for fence in fences:
            texts = to_texts(fence)
            writer.record(*(_cut(texts.get(ours, "")) for ours in _FIELDS.values()))
            writer.shape(fence.geometry)
    found = {suffix: file.getvalue() for suffix, file in files.items()}
    return found | {"prj": _WGS84.encode(), "cpg": b"UTF-8"}


def _cut(text: str) -> str:
    """At most so many bytes, whole characters."""
    return text.encode()[:_FIELD_BYTES].decode("utf-8", "ignore")
