"""Fixes of handsets as rows of `POSITION_DTYPE`."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np

from model.position import UNKNOWN, UNKNOWN_ALTITUDE_M, FixSource, PositionBatch, empty_rows
from model.signals import NO, YES, pack
from protocols.contract import Decoded, ProtocolError
from protocols.handset.messages import (
    CheckIn,
    Fix,
    Fixes,
    Gap,
    Gaps,
    Shift,
    Sos,
    Source,
    Track,
    Up,
    decode_up,
)

_SOURCES = {
    "gnss": FixSource.GNSS,
    "lbs": FixSource.LBS,
    "wifi": FixSource.WIFI,
    "none": FixSource.NONE,
}
_COLUMNS = (
    "time_us", "longitude_e6", "latitude_e6", "altitude_m", "speed_kmh_e1", "course_deg",
    "accuracy_m", "fix_source", "satellites", "signals", "alarm_bits",
)  # fmt: skip
COMPACT_UNKNOWN = (0, 0, 0, -1, -1, -1, 1, -1)
COMPACT_SOURCES: tuple[Source, ...] = ("none", "gnss", "lbs", "wifi")
EMERGENCY = 1  # bit 0 of JT/T 808 table 25
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
            told = _told(decode_up(payload))
        except ProtocolError as error:
            bad[index] = error
            continue
        rows += [row for row, _ in told]
        attributes += [text for _, text in told]
        report += [index] * len(told)
    return Decoded(_batch(rows, attributes), np.array(report, np.intp), bad)


def _told(message: Up) -> list[tuple[tuple[int, ...], str | None]]:
    """Rows with their attributes. Raises ProtocolError for a message that is no report."""
    match message:
        case Gaps(gaps=gaps):
            return [_gap(gap) for gap in gaps]
        case Fixes(fixes=fixes):
            pass
        case Track():
            fixes = _spread(message)
        case Shift(fix=Fix() as fix) | CheckIn(fix=fix) | Sos(fix=fix):
            fixes = [fix]
        case _:
            raise ProtocolError("not_a_report", "a message without a fix")
    duty = pack(on_duty=_DUTY[message.shift]) if message.shift else 0
    checked_in = pack(check_in=YES) if isinstance(message, CheckIn) else 0
    alarms = EMERGENCY if isinstance(message, Sos) else 0
    text = _text({**_state(message), **_event(message)})
    return [(_row(fix, duty | checked_in, alarms), text) for fix in fixes]


def _state(message: Fixes | Track | Shift | CheckIn | Sos) -> dict[str, Any]:
    return {"battery_pct": message.bat, "network": message.net, "gnss_state": message.gnss}


def _event(message: Fixes | Track | Shift | CheckIn | Sos) -> dict[str, Any]:
    match message:
        case Shift(shift=shift):
            return {"event": "shift_start" if shift == "on" else "shift_end"}
        case CheckIn(point=point, text=text):
            return {"event": "check_in", "point": point, "text": text}
        case Sos(text=text):
            return {"event": "sos", "text": text}
    return {}


def _gap(gap: Gap) -> tuple[tuple[int, ...], str | None]:
    """A row without a place at the gap's beginning, which tells its length."""
    start_us, end_us = time_us_of(gap.t), time_us_of(gap.until)
    seconds = max(0, end_us - start_us) / 1e6 if start_us and end_us else 0
    return _row(Fix(t=gap.t, src="none"), 0, 0), _text({"gap": gap.why, "gap_s": round(seconds, 3)})


def _spread(track: Track) -> list[Fix]:
    """The fixes of the compact form."""
    fixes, seconds, longitude, latitude = [], track.t, 0, 0
    for given in track.f:
        row = [*given, *COMPACT_UNKNOWN[len(given) :]]
        seconds, longitude, latitude = seconds + row[0], longitude + row[1], latitude + row[2]
        placed = row[6] != 0
        fixes.append(
            Fix(
                t=seconds * 1_000,
                lon=longitude / 1e6 if placed else None,
                lat=latitude / 1e6 if placed else None,
                acc=row[3],
                spd=row[4] / 10,
                crs=row[5],
                src=COMPACT_SOURCES[row[6]] if 0 <= row[6] < 4 else "gnss",
                mock=bool(row[7]) if row[7] in (0, 1) else None,
            )
        )
    return fixes


def _batch(rows: list[tuple[int, ...]], attributes: list[str | None]) -> PositionBatch:
    table = empty_rows(len(rows))
    for name, values in zip(_COLUMNS, zip(*rows, strict=True), strict=False):
        table[name] = values
    return PositionBatch(table, attributes)


def _text(stated: dict[str, Any]) -> str | None:
    known = {name: value for name, value in stated.items() if value is not None}
    return json.dumps(known, ensure_ascii=False, separators=(",", ":")) if known else None


def _row(fix: Fix, signals: int, alarms: int) -> tuple[int, ...]:
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
        signals | mocked,
        alarms,
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
