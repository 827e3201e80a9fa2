"""A position as people and pages read it: the Position of docs/api.md, unknown values as None."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

from model.position import UNKNOWN, UNKNOWN_ALTITUDE_M, FixSource
from model.signals import unpack


def iso_time(time_us: int) -> str:
    """UTC as ISO 8601 with milliseconds and Z."""
    return f"{np.datetime64(time_us // 1000, 'ms')}Z"


def position_json(row: np.void, attributes: str | None) -> dict[str, Any]:
    """One row of POSITION_DTYPE and its attributes; `alarms` are bit numbers, `online` is not
    set."""
    time_us, altitude_m = int(row["time_us"]), int(row["altitude_m"])
    alarm_bits = int(row["alarm_bits"])
    return {
        "device_id": int(row["device_id"]),
        "time": iso_time(time_us),
        "longitude": int(row["longitude_e6"]) / 1e6,
        "latitude": int(row["latitude_e6"]) / 1e6,
        "altitude_m": None if altitude_m == UNKNOWN_ALTITUDE_M else altitude_m,
        "speed_kmh": _known(int(row["speed_kmh_e1"]), 10),
        "course_deg": _known(int(row["course_deg"])),
        "accuracy_m": _known(int(row["accuracy_m"])),
        "fix_source": FixSource(int(row["fix_source"])).name.lower(),
        "satellites": _known(int(row["satellites"])),
        "odometer_m": _known(int(row["odometer_m"])),
        "alarms": [bit for bit in range(64) if alarm_bits >> bit & 1],
        "signals": unpack(int(row["signals"])),
        "received_at": iso_time(time_us + 1000 * int(row["delay_ms"])),
        "attributes": msgspec.json.decode(attributes) if attributes else {},
    }


def _known(value: int, divisor: int = 1) -> float | None:
    if value == UNKNOWN:
        return None
    return value if divisor == 1 else value / divisor
