"""Rows of a file as positions: columns as an export has them, and what is wrong with a row.

Needed are `time`, `longitude`, `latitude`, and a unit by `device_id`, by `identity` with
`protocol`, or by `plate`; the other columns of an export may be there. A value that cannot be read
makes its row wrong; one that is empty is unknown.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
from numpy.typing import NDArray

from geofence.datum import Datum, to_wgs84
from model.plates import normal_plate
from model.position import UNKNOWN, UNKNOWN_ALTITUDE_M, FixSource, PositionBatch, empty_rows
from model.signals import SIGNALS
from protocols.jt808.bits import ALARM_BITS
from storage.instants import from_datetime

Table = Mapping[str, Sequence[Any]]
Row = dict[str, Any]
NEEDED = ("time", "longitude", "latitude")
# Column of a file: of the batch, what one unit of it is there, the value for unknown.
_NUMBERS = {
    "altitude_m": ("altitude_m", 1, UNKNOWN_ALTITUDE_M),
    "speed_kmh": ("speed_kmh_e1", 10, UNKNOWN),
    "course_deg": ("course_deg", 1, UNKNOWN),
    "accuracy_m": ("accuracy_m", 1, UNKNOWN),
    "satellites": ("satellites", 1, UNKNOWN),
    "odometer_m": ("odometer_m", 1, UNKNOWN),
}
_ALARMS = {name: bit for bit, name in ALARM_BITS.items()}
_SOURCES = {source.name.lower(): int(source) for source in FixSource}
_BAD = object()
_EPOCH = datetime.fromtimestamp(0, UTC)


class MissingColumnError(ValueError):
    """The file cannot be taken in; the text names what it lacks."""


@dataclass(frozen=True, slots=True)
class Units:
    """The register: units by id, by (protocol, identity) and by plate. `only`: all rows are of
    this one."""

    by_id: Mapping[int, Row]
    by_identity: Mapping[tuple[str, str], Row]
    by_plate: Mapping[str, Row]
    only: Row | None = None

    @staticmethod
    def of(rows: Sequence[Row], only: int | None = None) -> Units:
        """Raises MissingColumnError when there is no unit `only`."""
        by_id = {row["id"]: row for row in rows}
        if only is not None and only not in by_id:
            raise MissingColumnError(f"there is no unit {only}: GET /api/v1/devices lists them")
        return Units(
            by_id,
            {(row["protocol"], row["identity"]): row for row in rows},
            {row["plate"]: row for row in rows if row["plate"]},
            None if only is None else by_id[only],
        )


@dataclass(frozen=True, slots=True)
class Taken:
    """`batch`: the good rows; `places`: where in the table each stands; `wrong`: (place, why) of
    the others."""

    batch: PositionBatch
    places: NDArray[np.intp]
    wrong: list[tuple[int, str]]

    def without(self, why: Mapping[int, str]) -> Taken:
        """Less these rows of the batch."""
        keep = np.array([i for i in range(len(self.batch)) if i not in why], np.intp)
        wrong = [(int(self.places[i]), reason) for i, reason in why.items()]
        return Taken(self.batch.take(keep), self.places[keep], [*self.wrong, *wrong])


def take(table: Table, units: Units, zone: ZoneInfo, datum: Datum) -> Taken:
    """Positions of a table. Raises MissingColumnError."""
    check_columns(table, units)
    count = len(table["time"])
    why: list[str | None] = [None] * count
    rows = empty_rows(count)
    devices = _column(count, why, "unit", lambda i: _device(table, units, i))
    rows["device_id"] = [0 if d is _BAD else d["id"] for d in devices]
    rows["organisation_id"] = [0 if d is _BAD else d["organisation_id"] for d in devices]
    rows["time_us"] = _times(table["time"], zone, why)
    rows["delay_ms"] = _delays(table, rows["time_us"], zone, why)
    places = [_numbers(table, name, why, needed=True) for name in ("longitude", "latitude")]
    degrees_of = zip((("longitude", 180), ("latitude", 90)), to_wgs84(datum, *places), strict=True)
    for (name, limit), degrees in degrees_of:
        _refuse(why, np.abs(degrees) > limit, f"{name} out of range")
        clipped = np.clip(np.nan_to_num(degrees), -limit, limit)
        rows[f"{name}_e6"] = np.round(clipped * 1e6).astype(np.int64)
    for name, (column, factor, unknown) in _NUMBERS.items():
        rows[column] = _clipped(rows[column], _numbers(table, name, why) * factor, unknown)
    _words(table, rows, why)
    attributes = _attributes(table.get("attributes", [None] * count), why)
    everything = Taken(PositionBatch(rows, attributes), np.arange(count), [])
    return everything.without({i: reason for i, reason in enumerate(why) if reason is not None})


def check_columns(table: Table, units: Units) -> None:
    """Raises MissingColumnError that names what the file lacks."""
    missing = [name for name in NEEDED if name not in table]
    if missing:
        raise MissingColumnError(f"the file has no column {', '.join(missing)}")
    named = "device_id" in table or "plate" in table or {"identity", "protocol"} <= set(table)
    if units.only is None and not named:
        raise MissingColumnError(
            "the file does not say whose fixes they are: name the unit with --device, or add a"
            " column device_id, plate, or identity with protocol"
        )


def _column(count: int, why: list[str | None], name: str, value: Callable[[int], Any]) -> list[Any]:
    """A value a row; what cannot be read is _BAD and noted."""
    found = []
    for i in range(count):
        try:
            found.append(value(i))
        except (ValueError, TypeError, KeyError, OverflowError):
            why[i] = why[i] or f"{name} cannot be read or is not known"
            found.append(_BAD)
    return found


def _device(table: Table, units: Units, i: int) -> Row:
    if units.only is not None:
        return units.only
    if {"identity", "protocol"} <= set(table) and table["identity"][i]:
        return units.by_identity[str(table["protocol"][i]), str(table["identity"][i])]
    if "plate" in table and table["plate"][i]:
        return units.by_plate[normal_plate(str(table["plate"][i]))]
    return units.by_id[int(table["device_id"][i])]


def _times(values: Sequence[Any], zone: ZoneInfo, why: list[str | None]) -> NDArray[np.int64]:
    def one(i: int) -> int:
        value = values[i]
        time = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        return from_datetime(time if time.tzinfo else time.replace(tzinfo=zone))

    found = _column(len(values), why, "time (ISO 8601)", one)
    return np.array([0 if value is _BAD else value for value in found], np.int64)


def _delays(
    table: Table, times_us: NDArray[np.int64], zone: ZoneInfo, why: list[str | None]
) -> NDArray[np.int64]:
    """From fix to receipt, in ms; 0 where the file does not say when that was."""
    said = table.get("received_at", [None] * len(times_us))
    known = np.array([value not in (None, "") for value in said], np.bool_)
    times = [value if there else _EPOCH for value, there in zip(said, known, strict=True)]
    limits = np.iinfo(np.int32)
    late_ms = np.clip((_times(times, zone, why) - times_us) // 1_000, limits.min, limits.max)
    return np.where(known, late_ms, 0)


def _numbers(
    table: Table, name: str, why: list[str | None], *, needed: bool = False
) -> NDArray[np.float64]:
    """NaN where there is none; what is no finite number is noted."""
    values = table.get(name)
    if values is None:
        return np.full(len(why), np.nan)

    def one(i: int) -> float:
        value = values[i]
        if value in (None, "") and not needed:
            return math.nan
        number = float(value)
        if not math.isfinite(number):
            raise ValueError(name)
        return number

    found = _column(len(values), why, name, one)
    return np.array([math.nan if value is _BAD else value for value in found])


def _clipped(column: NDArray[Any], values: NDArray[np.float64], unknown: int) -> NDArray[Any]:
    """What a column cannot hold, it does not know."""
    limits = np.iinfo(column.dtype)
    fits = np.isfinite(values) & (values >= limits.min) & (values <= limits.max)
    return np.where(fits, np.round(np.where(fits, values, 0)), unknown).astype(column.dtype)


def _words(table: Table, rows: NDArray[Any], why: list[str | None]) -> None:
    """Alarms, signals and the source, as an export words them; each wording is read once."""
    readers: dict[str, tuple[str, Callable[[str], int]]] = {
        "alarms": ("alarm_bits", _alarm_bits),
        "signals": ("signals", _signals),
        "fix_source": ("fix_source", lambda word: _SOURCES[word] if word else FixSource.GNSS),
    }
    rows["fix_source"] = FixSource.GNSS
    for name, (column, reader) in readers.items():
        texts = table.get(name)
        if texts is None:
            continue
        known = {word: _value_of(reader, word) for word in {str(text or "") for text in texts}}
        for i, text in enumerate(texts):
            value = known[str(text or "")]
            if value is _BAD:
                why[i] = why[i] or f"{name} cannot be read or is not known"
            else:
                rows[column][i] = value


def _attributes(texts: Sequence[Any], why: list[str | None]) -> list[str | None]:
    """JSON objects; what cannot be read is noted."""
    for i, text in enumerate(texts):
        try:
            if text:
                msgspec.json.decode(text, type=dict[str, Any])
        except (msgspec.MsgspecError, TypeError):
            why[i] = why[i] or "attributes are no JSON object"
    return [text or None for text in texts]


def _value_of(reader: Callable[[str], int], word: str) -> Any:
    try:
        return reader(word)
    except (ValueError, KeyError):
        return _BAD


def _alarm_bits(text: str) -> int:
    bits = 0
    for word in text.split():
        bit = int(word[4:]) if word.startswith("bit_") else _ALARMS[word]
        bits |= 1 << bit if bit < 63 else -(1 << 63)
    return bits


def _signals(text: str) -> int:
    signals = 0
    for pair in text.split():
        name, _, word = pair.partition("=")
        signals |= SIGNALS[name].states.index(word) << SIGNALS[name].shift
    return signals


def _refuse(why: list[str | None], bad: NDArray[np.bool_], reason: str) -> None:
    for i in np.flatnonzero(bad).tolist():
        why[i] = why[i] or reason
