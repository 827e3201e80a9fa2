"""Parameters and JSON locations as rows of `POSITION_DTYPE`."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np

from model.position import UNKNOWN, UNKNOWN_ALTITUDE_M, FixSource, PositionBatch, Rows, empty_rows
from model.signals import NO, YES, pack
from protocols.contract import Decoded, ProtocolError
from protocols.osmand.messages import Location, Pairs, is_json, read_body, read_pairs, value_of

KMH_OF_KNOT = 1.852
KMH_OF_M_S = 3.6
EMERGENCY = 1  # bit 0 of JT/T 808 table 25
MAX_OTHERS, MAX_OTHER_CHARACTERS = 16, 64
_SPEED_UNITS = {"kn": KMH_OF_KNOT, "kmh": 1.0, "ms": KMH_OF_M_S}
_INT16_MAX, _INT32_MAX = 2**15 - 1, 2**31 - 1
_MILLISECONDS_FROM = 100_000_000_000  # as seconds it would be the year 5138
_YES, _NO = ("true", "1", "yes"), ("false", "0", "no")
_READ = frozenset(
    ("id", "deviceid", "token", "key", "valid", "timestamp", "lat", "lon", "location", "speed",
     "speed_unit", "bearing", "heading", "altitude", "accuracy", "hacc", "hdop", "batt", "charge",
     "ignition", "alarm", "event", "gap", "gap_s", "mock")
)  # fmt: skip

Filled = tuple[Rows, str | None]


def decode_reports(frames: Sequence[bytes]) -> Decoded:
    """All fixes of many frames. Never raises for a bad one."""
    filled: list[Filled] = []
    report: list[int] = []
    bad: dict[int, ProtocolError] = {}
    for index, frame in enumerate(frames):
        try:
            fixes = list(_fixes(frame))
        except ProtocolError as error:
            bad[index] = error
            continue
        filled += fixes
        report += [index] * len(fixes)
    rows = np.concatenate([row for row, _ in filled]) if filled else empty_rows(0)
    batch = PositionBatch(rows, [text for _, text in filled])
    return Decoded(batch, np.array(report, np.intp), bad)


def _fixes(frame: bytes) -> Iterator[Filled]:
    if is_json(frame):
        for location in read_body(frame).locations():
            yield _of_location(location)
    else:
        yield _of_pairs(read_pairs(frame))


def _of_location(location: Location) -> Filled:
    row, coords = empty_rows(1), location.coords
    row["time_us"] = time_us_of(str(location.timestamp))
    _place(row, coords.longitude, coords.latitude)
    row["speed_kmh_e1"] = _positive(coords.speed, 10 * KMH_OF_M_S)
    _measure(row, coords.altitude, coords.heading, coords.accuracy)
    if location.odometer is not None and 0 < location.odometer < _INT32_MAX:
        row["odometer_m"] = round(location.odometer)
    battery = location.battery
    charging = battery.is_charging if battery is not None else None
    row["signals"] = _signal("charging", charging) | _signal("mocked", location.mock)
    level = battery.level if battery is not None else None
    return row, _text(
        {
            "battery_pct": round(level * 100) if level is not None and 0 <= level <= 1 else None,
            "activity": location.activity.type if location.activity is not None else None,
            "trigger": location.event,
        }
    )


def _of_pairs(pairs: Pairs) -> Filled:
    row = empty_rows(1)
    row["time_us"] = time_us_of(value_of(pairs, ("timestamp",)) or "")
    longitude, latitude = _pair_place(pairs)
    if longitude is not None and latitude is not None:
        _place(row, longitude, latitude)
        if value_of(pairs, ("valid",)) in _NO:
            row["fix_source"] = FixSource.NONE
    unit = _SPEED_UNITS.get(value_of(pairs, ("speed_unit",)) or "kn", KMH_OF_KNOT)
    row["speed_kmh_e1"] = _positive(_number(pairs, "speed"), 10 * unit)
    _measure(
        row,
        _number(pairs, "altitude"),
        _number(pairs, "bearing", "heading"),
        _number(pairs, "accuracy") or _number(pairs, "hacc") or None,
    )
    switches = (("charge", "charging"), ("ignition", "ignition"), ("mock", "mocked"))
    row["signals"] = sum(_signal(name, _switch(pairs, given)) for given, name in switches)
    row["alarm_bits"] = EMERGENCY if value_of(pairs, ("alarm",)) == "sos" else 0
    others = [(name, value) for name, value in pairs if name not in _READ and value]
    return row, _text(
        {
            "battery_pct": _number(pairs, "batt"),
            "hdop": _number(pairs, "hdop"),
            "trigger": value_of(pairs, ("event",)),
            **{name[:32]: value[:MAX_OTHER_CHARACTERS] for name, value in others[:MAX_OTHERS]},
        }
    )


def _pair_place(pairs: Pairs) -> tuple[float | None, float | None]:
    """Longitude and latitude; None for both where only cells and access points are told."""
    both = (value_of(pairs, ("location",)) or "").split(",")
    if len(both) == 2:
        pairs = [*pairs, ("lat", both[0]), ("lon", both[1])]
    longitude, latitude = _number(pairs, "lon"), _number(pairs, "lat")
    told = [value_of(pairs, (name,)) for name in ("lat", "lon")]
    if any(told) and (longitude is None or latitude is None):
        raise ProtocolError("invalid_message", f"lat and lon go together: {told}")
    return longitude, latitude


def time_us_of(text: str) -> int:
    """Seconds or milliseconds since 1970, or ISO 8601 (UTC where no zone is told); 0, which no
    window accepts, for what is no time."""
    try:
        number = float(text)
    except ValueError:
        return _calendar_us(text)
    if not 0 < number < _MILLISECONDS_FROM * 1_000:
        return 0
    return round(number * (1e3 if number >= _MILLISECONDS_FROM else 1e6))


def _calendar_us(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return round(moment.timestamp() * 1_000) * 1_000
    except (ValueError, OverflowError):
        return 0


def _place(row: Rows, longitude: float, latitude: float) -> None:
    degrees = (("longitude_e6", longitude), ("latitude_e6", latitude))
    for name, value in degrees:
        row[name] = round(min(max(value * 1e6, -_INT32_MAX), _INT32_MAX))
    row["fix_source"] = FixSource.GNSS


def _measure(
    row: Rows, altitude: float | None, course: float | None, accuracy: float | None
) -> None:
    if altitude is not None and abs(altitude) < 32_000:
        row["altitude_m"] = round(altitude)
    else:
        row["altitude_m"] = UNKNOWN_ALTITUDE_M
    if course is not None and 0 <= course <= 360:
        row["course_deg"] = round(course) % 360
    row["accuracy_m"] = _positive(accuracy, 1, math.ceil)


def _positive(value: float | None, factor: float, whole: Callable[[float], int] = round) -> int:
    if value is None or value < 0 or value * factor > _INT16_MAX:
        return UNKNOWN
    return whole(value * factor)


def _number(pairs: Pairs, *names: str) -> float | None:
    text = value_of(pairs, names)
    try:
        number = float(text) if text is not None else math.nan
    except ValueError as error:
        raise ProtocolError("invalid_message", f"{names[0]}={text}") from error
    return number if math.isfinite(number) else None


def _switch(pairs: Pairs, name: str) -> bool | None:
    text = (value_of(pairs, (name,)) or "").lower()
    return True if text in _YES else False if text in _NO else None


def _signal(name: str, state: bool | None) -> int:
    return 0 if state is None else pack(**{name: YES if state else NO})


def _text(stated: dict[str, Any]) -> str | None:
    known = {name: value for name, value in stated.items() if value is not None}
    return json.dumps(known, ensure_ascii=False, separators=(",", ":")) if known else None
