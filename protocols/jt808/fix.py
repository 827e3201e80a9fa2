"""A fix as a 0x0200 body: what simulated terminals send."""

from __future__ import annotations

from dataclasses import dataclass, field

from protocols.jt808.bits import ACC_ON, POSITIONED, SOUTH, WEST
from protocols.jt808.items import ODOMETER, SATELLITES, WORK_SIGNALS, encode_item
from protocols.jt808.location import BASIC
from protocols.jt808.signals import pack_work_signals
from protocols.jt808.times import bcd_of_china

_YES = 2


@dataclass(slots=True)
class Fix:
    """Units as in `model.position`; `signals` as in `model.signals` (ignition: status bit 0)."""

    time_us: int
    longitude_e6: int
    latitude_e6: int
    altitude_m: int = 0
    speed_kmh_e1: int = 0
    course_deg: int = 0
    positioned: bool = True
    alarm_bits: int = 0
    satellites: int | None = None
    odometer_m: int | None = None
    signals: int = 0
    status_bits: int = 0  # further bits of the status word
    items: list[tuple[int, bytes]] = field(default_factory=list)  # further items, as bytes


def encode_fix(fix: Fix) -> bytes:
    """A 0x0200 body, with the work signals in item 0xE5."""
    status = fix.status_bits | (POSITIONED if fix.positioned else 0)
    status |= SOUTH if fix.latitude_e6 < 0 else 0
    status |= WEST if fix.longitude_e6 < 0 else 0
    status |= ACC_ON if fix.signals & 3 >= _YES else 0
    body = BASIC.pack(
        fix.alarm_bits,
        status,
        abs(fix.latitude_e6),
        abs(fix.longitude_e6),
        fix.altitude_m & 0xFFFF,
        fix.speed_kmh_e1,
        fix.course_deg % 360,
        bcd_of_china(fix.time_us),
    )
    parts = [body]
    if fix.odometer_m is not None:
        parts.append(encode_item(ODOMETER, {"mileage_km": fix.odometer_m // 100 / 10}))
    if fix.satellites is not None:
        parts.append(encode_item(SATELLITES, {"satellites": fix.satellites}))
    parts.extend(bytes((item_id, len(value))) + value for item_id, value in fix.items)
    work = pack_work_signals(fix.signals)
    if work:
        parts.append(encode_item(WORK_SIGNALS, {"work_signals": work}))
    return b"".join(parts)
