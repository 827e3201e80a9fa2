"""Bodies of location reports from fixes. JT/T 808-2013 8.18, tables 23 to 27; batch 8.49.

    0 alarm DWORD | 4 status DWORD | 8 latitude | 12 longitude DWORD 1e-6 deg | 16 altitude WORD
    18 speed WORD 0.1 km/h | 20 course WORD | 22 time BCD[6] GMT+8 | items: 01 odometer 0.1 km,
    03 recorder speed 0.1 km/h, 30 signal strength, 31 satellites, E5 work signals (ours)

The simulators write these bytes themselves, so that the server's own encoder is not its judge.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Sequence
from functools import lru_cache

from model.position import FixSource
from model.signals import NO, SIGNALS, YES, YES_ALSO
from simulators.fleet.receiver import Fixes

LOCAL_OFFSET_S = 8 * 3600
MAX_BATCH_ITEMS = 15  # of 54 + 2 bytes: the body of one frame holds 1,023
_BASIC = struct.Struct(">IIIIHHH")
_ITEMS = struct.Struct(">BBIBBHBBBBBBBBI")
_POSITIONED, _SOUTH, _WEST, _GPS_AND_BEIDOU = 1 << 1, 1 << 2, 1 << 3, 3 << 18
_LOAD_BITS = {NO: 0, YES: 3 << 8, YES_ALSO: 1 << 8}
_IGNITION, _LOADED = SIGNALS["ignition"].shift, SIGNALS["loaded"].shift
_LOST_BITS = ((SIGNALS["antenna_ok"].shift, 1 << 5), (SIGNALS["main_power_ok"].shift, 1 << 8))
_RSSI = 24
CLOCKS_KEPT = 8_192


def location_bodies(fixes: Fixes, origin_s: int) -> list[bytes]:
    """One 0x0200 body a fix; `origin_s` is what `time_s` counts from, UTC seconds since 1970."""
    return [_body(origin_s, fix) for fix in fixes.tolist()]


def _body(origin_s: int, fix: tuple[int, ...]) -> bytes:
    time_s, _, longitude_e6, latitude_e6, altitude_m, speed_kmh_e1, course_deg = fix[:7]
    _, fix_source, satellites, odometer_m, signals = fix[7:]
    utc_s = origin_s + time_s
    status = _GPS_AND_BEIDOU | _LOAD_BITS.get(signals >> _LOADED & 3, 0)
    status |= signals >> _IGNITION + 1 & 1
    status |= _POSITIONED if fix_source != FixSource.NONE else 0
    status |= (_SOUTH if latitude_e6 < 0 else 0) | (_WEST if longitude_e6 < 0 else 0)
    basic = _BASIC.pack(
        _alarms(signals),
        status,
        abs(latitude_e6),
        abs(longitude_e6),
        altitude_m & 0xFFFF,
        speed_kmh_e1,
        course_deg,
    )
    clock = _clock(utc_s)
    items = _ITEMS.pack(
        0x01, 4, odometer_m // 100, 0x03, 2, speed_kmh_e1, 0x30, 1, _RSSI,
        0x31, 1, satellites, 0xE5, 4, signals >> _LOADED & 0xFFFFFFFF,
    )  # fmt: skip
    return basic + clock + items


@lru_cache(CLOCKS_KEPT)
def _clock(utc_s: int) -> bytes:
    """BCD; a fleet's terminals report in the same seconds."""
    return bytes.fromhex(time.strftime("%y%m%d%H%M%S", time.gmtime(utc_s + LOCAL_OFFSET_S)))


def _alarms(signals: int) -> int:
    """Table 24: what the terminal has lost."""
    return sum(bit for shift, bit in _LOST_BITS if signals >> shift & 3 == NO)


def batch_bodies(bodies: Sequence[bytes]) -> list[bytes]:
    """0x0704 bodies, type 1 (blind area), that carry these locations."""
    batches = []
    for start in range(0, len(bodies), MAX_BATCH_ITEMS):
        part = bodies[start : start + MAX_BATCH_ITEMS]
        items = b"".join(len(body).to_bytes(2, "big") + body for body in part)
        batches.append(len(part).to_bytes(2, "big") + b"\x01" + items)
    return batches
