"""File formats of fences: each reads bytes into GeoJSON Features and writes fences as bytes."""

from geofence.formats.reading import MAX_BYTES, Imported, Note, Options, read_fences
from geofence.formats.table import FORMATS, Format, write_fences

__all__ = [
    "FORMATS",
    "MAX_BYTES",
    "Format",
    "Imported",
    "Note",
    "Options",
    "read_fences",
    "write_fences",
]
