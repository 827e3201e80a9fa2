"""Twenty minutes in town: the fixes of a truck and of an inspector, and their frames."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

from model.frames import RawFrame
from model.position import PositionBatch, empty_rows
from model.rulebook import Device
from model.signals import NO, YES, pack
from protocols.jt808.fix import Fix, encode_fix
from protocols.jt808.protocol import encode_frames

NOON_US = 1_790_078_400_000_000  # 2026-09-22T12:00:00Z
SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
NOW_US = NOON_US + 20 * MINUTE_US
STARTED_US, ENDED_US = NOON_US + 5 * MINUTE_US, NOON_US + 12 * MINUTE_US


def truck_rows(device: Device, count: int = 120) -> PositionBatch:
    """Twenty minutes at 10 s, eastwards at 36 km/h; loaded and uncovered from minute 5 to 12."""
    rows = empty_rows(count)
    rows["device_id"], rows["organisation_id"] = device.id, device.organisation_id
    rows["fix_source"], rows["satellites"] = 1, 12
    for index in range(count):
        time_us = NOON_US + index * 10 * SECOND_US
        uncovered = STARTED_US <= time_us <= ENDED_US
        rows["time_us"][index] = time_us
        rows["longitude_e6"][index] = 118_800_000 + index * 1_060
        rows["latitude_e6"][index] = 32_050_000
        rows["speed_kmh_e1"][index] = 360 + (index % 7)
        rows["course_deg"][index] = 90
        rows["delay_ms"][index] = 800
        cover = NO if uncovered else YES
        rows["signals"][index] = pack(ignition=YES, loaded=YES, cover_closed=cover)
    return PositionBatch(rows)


def frame_of(device: Device, row: Any) -> RawFrame:
    """The frame that carried a row, as the gateway keeps it: unescaped, without delimiters."""
    fix = Fix(
        time_us=int(row["time_us"]),
        longitude_e6=int(row["longitude_e6"]),
        latitude_e6=int(row["latitude_e6"]),
        speed_kmh_e1=int(row["speed_kmh_e1"]),
        course_deg=90,
        satellites=12,
        signals=int(row["signals"]),
    )
    wire = encode_frames(0x0200, encode_fix(fix), device.identity, 1)
    frame = wire[1:-1].replace(b"\x7d\x02", b"\x7e").replace(b"\x7d\x01", b"\x7d")
    return RawFrame(
        device_id=device.id,
        time_us=fix.time_us,
        until_us=fix.time_us,
        received_us=fix.time_us + 800_000,
        protocol="jt808",
        frame=frame,
    )


def inspector_rows(device: Device, longitude_e6: int = 118_810_000) -> PositionBatch:
    """Ten minutes at 30 s inside the cell, the last fix a minute ago."""
    rows = empty_rows(20)
    rows["device_id"], rows["organisation_id"] = device.id, device.organisation_id
    rows["time_us"] = NOW_US - MINUTE_US - 30 * SECOND_US * (19 - np.arange(20))
    rows["longitude_e6"], rows["latitude_e6"] = longitude_e6, 32_050_000
    rows["fix_source"], rows["accuracy_m"] = 1, 8
    state = msgspec.json.encode({"battery_pct": 71, "network": "4g", "gnss_state": "ok"}).decode()
    return PositionBatch(rows, [state] * 20)
