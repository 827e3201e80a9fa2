"""What is taken in and how it is read, and what the process that does it tells."""

from __future__ import annotations

from typing import Literal

import msgspec

from geofence.datum import Datum
from pipeline.child_jobs import Telling

Format = Literal["csv", "parquet", "gpx"]


class ImportOrder(msgspec.Struct, frozen=True, kw_only=True):
    """`device_id` None: the file says whose fixes they are. `zone`: IANA name, of times without
    one. `judge`: the units' last 7 days are judged anew with what has come in.

    `from_us`, `to_us`: fix times that may be stored. `organisations` None: units of all.
    `drop_off_shift`: fixes of inspectors outside their shifts are not stored. `url`: the database,
    for a process of its own.
    """

    path: str
    format: Format
    from_us: int
    to_us: int
    device_id: int | None = None
    zone: str = "UTC"
    datum: Datum = "wgs84"
    judge: bool = False
    organisations: tuple[int, ...] | None = None
    drop_off_shift: bool = False
    url: str = ""


class Told(Telling, frozen=True, kw_only=True):
    """Rows of the file that are done and what became of them; `wrong`: (row of the file from 1,
    why) of the first refused ones. `progress`: the share of the file's rows."""

    progress: float = 0.0
    rows: int = 0
    stored: int = 0
    duplicates: int = 0
    refused: int = 0
    resumed_at: int = 0
    wrong: tuple[tuple[int, str], ...] = ()
