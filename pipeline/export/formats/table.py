"""Which writer writes what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from pipeline.export.columns import TRACK_COLUMNS, VIOLATION_COLUMNS, Kind
from pipeline.export.formats.arrow import CsvWriter, ParquetWriter
from pipeline.export.formats.contract import PageWriter
from pipeline.export.formats.geojson import GeojsonPoints, GeojsonTracks
from pipeline.export.formats.gpx import GpxTracks, GpxWaypoints
from pipeline.export.formats.kml import KmlPoints, KmlTracks
from pipeline.export.formats.xlsx import XlsxWriter
from pipeline.export.order import Format, What

COLUMNS = {"tracks": TRACK_COLUMNS, "violations": VIOLATION_COLUMNS}
_MAPS: dict[tuple[What, Format], Callable[[Path], PageWriter]] = {
    ("tracks", "gpx"): GpxTracks,
    ("tracks", "kml"): KmlTracks,
    ("tracks", "geojson"): GeojsonTracks,
    ("violations", "gpx"): GpxWaypoints,
    ("violations", "kml"): KmlPoints,
    ("violations", "geojson"): GeojsonPoints,
}
_TABLES: dict[str, Callable[[Path, Mapping[str, Kind]], PageWriter]] = {
    "csv": CsvWriter,
    "xlsx": XlsxWriter,
    "parquet": ParquetWriter,
}


def writer_of(what: What, format_: Format, path: Path) -> PageWriter:
    """A writer that has begun the file."""
    if format_ in _TABLES:
        return _TABLES[format_](path, COLUMNS[what])
    return _MAPS[what, format_](path)
