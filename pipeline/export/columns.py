"""Positions and violations as columns that a person can read; what is unknown is None.

`alarms` and `signals` are words in one column each (`loaded=full cover_closed=no`), so that a file
has the same columns whatever terminals know of.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from geofence.datum import Datum, from_wgs84
from model.position import UNKNOWN, UNKNOWN_ALTITUDE_M, FixSource, PositionBatch, Rows
from model.signals import unpack
from protocols.jt808.bits import ALARM_BITS

Kind = Literal["text", "int", "float", "time"]
Values = NDArray[Any] | list[Any]
Row = dict[str, Any]

# Column: what it holds. Of text columns those in _PEOPLE were written by people.
TRACK_COLUMNS: dict[str, Kind] = {
    "device_id": "int", "protocol": "text", "identity": "text", "name": "text", "plate": "text",
    "time": "time", "received_at": "time", "longitude": "float", "latitude": "float",
    "altitude_m": "int", "speed_kmh": "float", "course_deg": "int", "accuracy_m": "int",
    "fix_source": "text", "satellites": "int", "odometer_m": "int", "alarms": "text",
    "signals": "text", "attributes": "text",
}  # fmt: skip
VIOLATION_COLUMNS: dict[str, Kind] = {
    "id": "int", "organisation": "text", "device_id": "int", "device_name": "text",
    "device_plate": "text", "kind": "text", "rule_name_zh": "text", "rule_name_en": "text",
    "severity": "text", "started_at": "time", "ended_at": "time", "last_at": "time",
    "longitude": "float", "latitude": "float", "fence_name": "text",
    "responsible_organisation": "text", "status": "text", "finding": "text", "result": "text",
    "reason": "text", "note": "text", "taken_by_name": "text", "closed_by_name": "text",
    "raised_at": "time", "closed_at": "time", "measures": "text",
}  # fmt: skip
_SOURCES = np.array([source.name.lower() for source in sorted(FixSource)], dtype=object)


@dataclass(frozen=True, slots=True)
class Page:
    """Equal columns of one unit's fixes, or of some violations. Times are datetime64[us], UTC;
    numbers that may be unknown are masked arrays."""

    columns: dict[str, Values]
    count: int


def track_page(device: Row, batch: PositionBatch, datum: Datum) -> Page:
    """Fixes of one unit."""
    rows = batch.rows
    places = from_wgs84(datum, rows["longitude_e6"] / 1e6, rows["latitude_e6"] / 1e6)
    longitude, latitude = (np.round(values, 6) for values in places)
    same = {name: _repeated(device[name], len(rows))
            for name in ("protocol", "identity", "name", "plate")}  # fmt: skip
    columns: dict[str, Values] = {
        "device_id": rows["device_id"],
        **same,
        "time": rows["time_us"].astype("datetime64[us]"),
        "received_at": (rows["time_us"] + rows["delay_ms"] * 1_000).astype("datetime64[us]"),
        "longitude": longitude,
        "latitude": latitude,
        "altitude_m": np.ma.masked_equal(rows["altitude_m"], UNKNOWN_ALTITUDE_M),
        "speed_kmh": np.ma.masked_array(
            np.round(rows["speed_kmh_e1"] / 10, 1), rows["speed_kmh_e1"] == UNKNOWN
        ),
        **{name: np.ma.masked_equal(rows[name], UNKNOWN)
           for name in ("course_deg", "accuracy_m", "satellites", "odometer_m")},
        "fix_source": _SOURCES[rows["fix_source"]],
        "alarms": _worded(rows, "alarm_bits", alarm_words),
        "signals": _worded(rows, "signals", signal_words),
        "attributes": batch.attributes,
    }  # fmt: skip
    return Page({name: columns[name] for name in TRACK_COLUMNS}, len(rows))


def violation_page(found: list[Row], datum: Datum) -> Page:
    """Violations, as storage.violations lists them."""
    degrees = [np.array([row[f"{name}_e6"] for row in found]) / 1e6
               for name in ("longitude", "latitude")]  # fmt: skip
    places = dict(zip(("longitude", "latitude"), from_wgs84(datum, *degrees), strict=True))
    columns: dict[str, Values] = {}
    for name, kind in VIOLATION_COLUMNS.items():
        if name in places:
            columns[name] = np.round(places[name], 6)
        elif name == "measures":
            columns[name] = [json.dumps(row[name], ensure_ascii=False) for row in found]
        elif kind == "time":
            columns[name] = np.array([_naive(row[name]) for row in found], "datetime64[us]")
        else:
            columns[name] = [row[name] for row in found]
    return Page(columns, len(found))


def alarm_words(bits: int) -> str:
    """Names of JT/T 808 table 25, `bit_N` where it has none."""
    return " ".join(ALARM_BITS.get(n, f"bit_{n}") for n in range(64) if bits >> n & 1)


def signal_words(signals: int) -> str:
    """`loaded=full cover_closed=no`; unknown ones are left out."""
    return " ".join(f"{name}={word}" for name, word in unpack(signals).items())


def _worded(rows: Rows, name: str, words: Callable[[int], str]) -> Values:
    """A word for each of the few values that a column has."""
    values, places = np.unique(rows[name], return_inverse=True)
    return np.array([words(value) for value in values.tolist()], dtype=object)[places]


def _repeated(value: Any, count: int) -> Values:
    return np.full(count, value, dtype=object)


def _naive(time: Any) -> Any:
    return None if time is None else time.replace(tzinfo=None)
