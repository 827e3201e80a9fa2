"""Locations and transitions of OwnTracks as rows of `POSITION_DTYPE`."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from model.position import UNKNOWN, UNKNOWN_ALTITUDE_M, FixSource, PositionBatch, Rows, empty_rows
from model.signals import NO, YES, pack
from protocols.contract import Decoded, ProtocolError
from protocols.owntracks.messages import Location, Transition, read

_NETWORK = {"w": "wifi", "m": "mobile", "o": "none"}
# Android's names; "fused" may be anything, and the accuracy says what it is worth.
_SOURCES = {"network": FixSource.LBS}
_CHARGING = {1: pack(charging=NO), 2: pack(charging=YES), 3: pack(charging=YES)}
_INT16_MAX, _INT32_MAX = 2**15 - 1, 2**31 - 1
_MAX_TIME_S = 2**33


def decode_reports(frames: Sequence[bytes]) -> Decoded:
    """One row a payload (decrypted). Never raises for a bad one."""
    rows = empty_rows(len(frames))
    attributes: list[str | None] = []
    good: list[int] = []
    bad: dict[int, ProtocolError] = {}
    for index, frame in enumerate(frames):
        try:
            message = read(frame)
            if not isinstance(message, Location | Transition):
                raise ProtocolError("not_a_report", "neither a location nor a transition")
        except ProtocolError as error:
            bad[index] = error
            continue
        attributes.append(_fill(rows[len(good) : len(good) + 1], message))
        good.append(index)
    return Decoded(PositionBatch(rows[: len(good)], attributes), np.array(good, np.intp), bad)


def _fill(row: Rows, message: Location | Transition) -> str | None:
    seconds = float(message.tst)
    # 0 is a time that no window accepts.
    row["time_us"] = round(seconds * 1e6) if 0 < seconds < _MAX_TIME_S else 0
    row["longitude_e6"] = _clipped(message.lon * 1e6, _INT32_MAX)
    row["latitude_e6"] = _clipped(message.lat * 1e6, _INT32_MAX)
    row["accuracy_m"] = _positive(message.acc, up=True)
    row["fix_source"] = FixSource.GNSS
    if isinstance(message, Transition):
        return _text({"event": message.event, "region": message.desc})
    row["fix_source"] = _SOURCES.get(message.source or "", FixSource.GNSS)
    row["altitude_m"] = UNKNOWN_ALTITUDE_M if message.alt is None else _altitude(message.alt)
    row["speed_kmh_e1"] = _positive(message.vel, factor=10)
    if message.cog is not None and 0 <= message.cog <= 360:
        row["course_deg"] = round(message.cog) % 360
    row["signals"] = _CHARGING.get(int(message.bs or 0), 0)
    return _text(
        {
            "battery_pct": message.batt if message.batt is not None and message.batt >= 0 else None,
            "network": _NETWORK.get(message.conn or ""),
            "trigger": message.t,
            "vertical_accuracy_m": message.vac,
        }
    )


def _text(stated: dict[str, Any]) -> str | None:
    known = {name: value for name, value in stated.items() if value is not None}
    return json.dumps(known, ensure_ascii=False, separators=(",", ":")) if known else None


def _altitude(metres: float) -> int:
    return round(metres) if abs(metres) < 32_000 else UNKNOWN_ALTITUDE_M


def _clipped(value: float, limit: int) -> int:
    return round(min(max(value, -limit), limit))


def _positive(value: float | None, *, factor: int = 1, up: bool = False) -> int:
    if value is None or value < 0 or value * factor > _INT16_MAX:
        return UNKNOWN
    return math.ceil(value) if up else round(value * factor)
