"""Fixes of handsets as rows of `POSITION_DTYPE`."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from datetime import datetime

import numpy as np

from model.position import UNKNOWN, UNKNOWN_ALTITUDE_M, FixSource, PositionBatch, empty_rows
from model.signals import NO, YES, pack
from protocols.contract import Decoded, ProtocolError
from protocols.handset.messages import Fix, Fixes, Shift, decode_up

_SOURCES = {
    "gnss": FixSource.GNSS,
    "lbs": FixSource.LBS,
    "wifi": FixSource.WIFI,
    "none": FixSource.NONE,
}
_COLUMNS = (
    "time_us", "longitude_e6", "latitude_e6", "altitude_m", "speed_kmh_e1", "course_deg",
    "accuracy_m", "fix_source", "satellites", "signals",
)  # fmt: skip
_DUTY = {"on": YES, "off": NO}
_INT32_MAX, _INT16_MAX = 2**31 - 1, 2**15 - 1
_MAX_TIME_MS = 2**53


def decode_reports(frames: Sequence[bytes]) -> Decoded:
    """All fixes of many payloads. Never raises for a bad one."""
    rows: list[tuple[int, ...]] = []
    attributes: list[str | None] = []
    report: list[int] = []
    bad: dict[int, ProtocolError] = {}
    for index, payload in enumerate(frames):
        try:
            message = decode_up(payload)
        except ProtocolError as error:
            bad[index] = error
            continue
        fixes = _fixes_of(message)
        if not fixes:
            bad[index] = ProtocolError("not_a_report", "a message without a fix")
            continue
        assert isinstance(message, Fixes | Shift)
        text = _attributes(message)
        duty = pack(on_duty=_DUTY[message.shift]) if message.shift else 0
        rows.extend(_row(fix, duty) for fix in fixes)
        attributes.extend([text] * len(fixes))
        report.extend([index] * len(fixes))
    return Decoded(_batch(rows, attributes), np.array(report, np.intp), bad)


def _fixes_of(message: object) -> Sequence[Fix]:
    if isinstance(message, Fixes):
        return message.fixes
    return [message.fix] if isinstance(message, Shift) and message.fix else []


def _batch(rows: list[tuple[int, ...]], attributes: list[str | None]) -> PositionBatch:
    table = empty_rows(len(rows))
    for name, values in zip(_COLUMNS, zip(*rows, strict=True), strict=False):
        table[name] = values
    return PositionBatch(table, attributes)


def _attributes(message: Fixes | Shift) -> str | None:
    stated = {"battery_pct": message.bat, "network": message.net, "gnss_state": message.gnss}
    known = {name: value for name, value in stated.items() if value is not None}
    return json.dumps(known, separators=(",", ":")) if known else None


def _row(fix: Fix, duty: int) -> tuple[int, ...]:
    placed = fix.lon is not None and fix.lat is not None
    mocked = pack(mocked=YES if fix.mock else NO) if fix.mock is not None else 0
    altitude = UNKNOWN_ALTITUDE_M if fix.alt is None else _clip(fix.alt, _INT16_MAX)
    return (
        time_us_of(fix.t),
        _clip((fix.lon or 0.0) * 1e6, _INT32_MAX),
        _clip((fix.lat or 0.0) * 1e6, _INT32_MAX),
        altitude,
        _positive(fix.spd, 10),
        _course(fix.crs),
        _positive(fix.acc, 1, up=True),
        int(_SOURCES[fix.src] if placed else FixSource.NONE),
        _positive(fix.sat, 1),
        duty | mocked,
    )


def time_us_of(time: int | str) -> int:
    """UTC microseconds; 0, which no window accepts, for what is no time or has no zone."""
    if isinstance(time, int):
        return time * 1000 if 0 < time < _MAX_TIME_MS else 0
    try:
        moment = datetime.fromisoformat(time)
        return round(moment.timestamp() * 1000) * 1000 if moment.tzinfo else 0
    except (ValueError, OverflowError):
        return 0


def _clip(value: float, limit: int) -> int:
    return round(min(max(value, -limit), limit))


def _positive(value: float | None, factor: int, *, up: bool = False) -> int:
    """Rounded, or UNKNOWN for none, negative and what does not fit the column."""
    if value is None or value < 0 or value * factor > _INT16_MAX:
        return UNKNOWN
    return math.ceil(value) if up else round(value * factor)


def _course(degrees: float | None) -> int:
    if degrees is None or not 0 <= degrees <= 360:
        return UNKNOWN
    return round(degrees) % 360
