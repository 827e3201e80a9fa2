"""Well-known text (OGC 06-103r4): a table with a column `wkt`, or a geometry a line.

An SRID prefix (EWKT) must be 4326 or 4490 (CGCS2000); a datum is named by who imports.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Sequence
from typing import Any

import shapely

from geofence.formats.properties import NAMES, from_texts, to_texts
from geofence.geojson import FeatureError
from model.fences import Fence

SRIDS = ("4326", "4490")
MAX_CELL = 4 * 1024 * 1024  # characters of one geometry
_SRID = re.compile(r"\s*SRID\s*=\s*(\d+)\s*;", re.IGNORECASE)
_COLUMNS = (*NAMES, "wkt")


def read(data: bytes) -> list[dict[str, Any]]:
    """A Feature a line. Raises FeatureError naming the line."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FeatureError("", "应为 UTF-8 文本", "expected UTF-8 text") from error
    csv.field_size_limit(MAX_CELL)
    if "wkt" not in text.partition("\n")[0].lower().replace('"', "").strip().split(","):
        lines = text.splitlines()
        return [_feature(line, {}, i) for i, line in enumerate(lines, 1) if line.strip()]
    table = csv.DictReader(io.StringIO(text, newline=""))
    table.fieldnames = [name.strip().lower() for name in table.fieldnames or ()]
    try:
        return [_feature(row.get("wkt") or "", row, table.line_num) for row in table]
    except csv.Error as error:
        where = f"line {table.line_num}"
        raise FeatureError(where, f"CSV 有误：{error}", f"bad CSV: {error}") from error


def write(fences: Sequence[Fence]) -> bytes:
    """A table with the properties beside the geometry."""
    text = io.StringIO(newline="")
    table = csv.DictWriter(text, _COLUMNS)
    table.writeheader()
    for fence in fences:
        geometry = shapely.force_2d(shapely.geometry.shape(fence.geometry))
        table.writerow({**to_texts(fence), "wkt": shapely.to_wkt(geometry, rounding_precision=-1)})
    return text.getvalue().encode()


def _feature(text: str, row: dict[str, Any], line: int) -> dict[str, Any]:
    where = f"line {line}"
    prefix = _SRID.match(text)
    if prefix and prefix[1] not in SRIDS:
        raise FeatureError(
            where, f"SRID 应为 {' 或 '.join(SRIDS)}", f"the SRID must be {' or '.join(SRIDS)}"
        )
    try:
        geometry = shapely.from_wkt(text[prefix.end() if prefix else 0 :])
    except shapely.errors.ShapelyError as error:
        raise FeatureError(where, f"WKT 有误：{error}", f"bad WKT: {error}") from error
    if geometry is None or geometry.is_empty:
        raise FeatureError(where, "没有几何图形", "has no geometry")
    found = json.loads(shapely.to_geojson(geometry))
    return {"type": "Feature", "geometry": found, "properties": from_texts(row)}
