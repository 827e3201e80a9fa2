"""A position as people and pages read it: the Position of docs/api.md, unknown values as None."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from model.position import POSITION_DTYPE, UNKNOWN, UNKNOWN_ALTITUDE_M, FixSource, Rows
from model.signals import unpack

_SOURCES = {source.value: source.name.lower() for source in FixSource}


def iso_time(time_us: int) -> str:
    """UTC as ISO 8601 with milliseconds and Z."""
    return f"{np.datetime64(time_us // 1000, 'ms')}Z"


def position_json(row: np.void, attributes: str | None) -> dict[str, Any]:
    """As `positions_json`, for one row."""
    return positions_json(np.array([row], POSITION_DTYPE), [attributes])[0]


def positions_json(rows: Rows, attributes: Sequence[str | None]) -> list[dict[str, Any]]:
    """Rows of POSITION_DTYPE and the attributes beside each; `alarms` are bit numbers, `online` is
    not set."""
    times_ms = rows["time_us"] // 1000
    columns = zip(
        rows.tolist(),
        _iso_times(times_ms),
        _iso_times(times_ms + rows["delay_ms"]),
        attributes,
        strict=True,
    )
    return [_json(*of_one) for of_one in columns]


def _iso_times(times_ms: NDArray[np.int64]) -> list[str]:
    return [f"{text}Z" for text in times_ms.astype("M8[ms]").astype(str).tolist()]


def _json(
    values: tuple[int, ...], time: str, received_at: str, attributes: str | None
) -> dict[str, Any]:
    device_id, _, _, _, _, longitude_e6, latitude_e6, altitude_m, speed_e1, *others = values
    course_deg, accuracy_m, fix_source, satellites, odometer_m, alarm_bits, signals = others
    return {
        "device_id": device_id,
        "time": time,
        "longitude": longitude_e6 / 1e6,
        "latitude": latitude_e6 / 1e6,
        "altitude_m": None if altitude_m == UNKNOWN_ALTITUDE_M else altitude_m,
        "speed_kmh": None if speed_e1 == UNKNOWN else speed_e1 / 10,
        "course_deg": None if course_deg == UNKNOWN else course_deg,
        "accuracy_m": None if accuracy_m == UNKNOWN else accuracy_m,
        "fix_source": _SOURCES[fix_source],
        "satellites": None if satellites == UNKNOWN else satellites,
        "odometer_m": None if odometer_m == UNKNOWN else odometer_m,
        "alarms": [bit for bit in range(64) if alarm_bits >> bit & 1] if alarm_bits else [],
        "signals": dict(_known(signals)),
        "received_at": received_at,
        "attributes": msgspec.json.decode(attributes) if attributes else {},
    }


@lru_cache(maxsize=4_096)
def _known(signals: int) -> dict[str, str]:
    return unpack(signals)
