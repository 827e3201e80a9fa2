"""What is exported, and what the exporting process tells."""

from __future__ import annotations

from typing import Literal

import msgspec

from pipeline.child_jobs import Telling

What = Literal["tracks", "violations"]
Format = Literal["csv", "xlsx", "parquet", "gpx", "kml", "geojson"]
MEDIA_TYPES: dict[Format, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
    "gpx": "application/gpx+xml",
    "kml": "application/vnd.google-earth.kml+xml",
    "geojson": "application/geo+json",
}
MAX_ROWS = 50_000_000


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """One export of [from_us, to_us) by a scope. `device_ids` None: all units of the scope.

    `url` may hold a password and so travels by standard input, never as an argument. `kind` and
    `status` are for violations. `datum` is that of the file. `hide_off_shift`: fixes of inspectors
    outside their shifts are left out.
    """

    url: str
    what: What
    format: Format
    path: str
    organisations: tuple[int, ...]
    from_us: int
    to_us: int
    device_ids: tuple[int, ...] | None = None
    kind: str | None = None
    status: str | None = None
    datum: Literal["wgs84", "gcj02", "bd09"] = "wgs84"
    hide_off_shift: bool = False
    max_rows: int = MAX_ROWS


class Told(Telling, frozen=True, kw_only=True):
    """How far it is. `cut`: there was more than `max_rows`."""

    progress: float = 0.0
    rows: int = 0
    cut: bool = False


class ExportFailedError(Exception):
    """There is no file; the text says why and what to do."""
