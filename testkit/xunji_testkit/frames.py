"""As much of JT/T 808-2013 as a test's terminal speaks: register, log in, report, hear answers.

A frame is 7E, header (message id, body length, phone BCD[6], serial), body, XOR checksum, 7E, with
7E and 7D escaped in between (standard, 4.4).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import reduce
from operator import xor

PLATFORM_ACK, REGISTER_ACK, TEXT = 0x8001, 0x8100, 0x8300
TERMINAL_ACK, HEARTBEAT, REGISTER, LOG_IN, LOCATION = 0x0001, 0x0002, 0x0100, 0x0102, 0x0200
GMT8 = timezone(timedelta(hours=8))

# Item 0xE5 of Xunji's own, a DWORD of 2-bit fields: their order and the words for their values.
WORK_SIGNALS = (
    *("loaded", "cover_closed", "body_raised", "spraying"),
    *("brush_down", "suction", "drum", "locked"),
)
STATES = {
    "unknown": 0,
    **dict.fromkeys(("no", "empty", "stopped"), 1),
    **dict.fromkeys(("yes", "full", "forward"), 2),
    **dict.fromkeys(("half", "reverse"), 3),
}


@dataclass(frozen=True, slots=True)
class Fix:
    """One position as a terminal measures it; `signals`: words by name, the rest unknown."""

    time: datetime
    longitude: float
    latitude: float
    speed_kmh: float
    course_deg: float
    signals: Mapping[str, str]
    satellites: int = 12


def frame(message: int, phone: str, serial: int, body: bytes) -> bytes:
    """A whole frame, escaped."""
    header = struct.pack(">HH6sH", message, len(body), bytes.fromhex(phone.zfill(12)), serial)
    content = header + body
    content += bytes([reduce(xor, content)])
    return b"\x7e" + content.replace(b"\x7d", b"\x7d\x01").replace(b"\x7e", b"\x7d\x02") + b"\x7e"


def registration(plate: str) -> bytes:
    """Body of 0x0100: no province, maker TEST, yellow plate."""
    return struct.pack(">HH5s20s7sB", 0, 0, b"TEST", b"TESTKIT", b"1", 2) + plate.encode("gbk")


def location(fix: Fix) -> bytes:
    """Body of 0x0200 with satellites (0x31) and work signals (0xE5). ValueError: no such signal."""
    status = 0b11 | (fix.latitude < 0) << 2 | (fix.longitude < 0) << 3
    basic = struct.pack(
        ">IIIIHHH",
        0,
        status,
        round(abs(fix.latitude) * 1e6),
        round(abs(fix.longitude) * 1e6),
        0,
        round(fix.speed_kmh * 10),
        round(fix.course_deg) % 360,
    )
    time = bytes.fromhex(fix.time.astimezone(GMT8).strftime("%y%m%d%H%M%S"))
    work = struct.pack(">BBI", 0xE5, 4, _work_signals(fix.signals))
    return basic + time + struct.pack(">BBB", 0x31, 1, fix.satellites) + work


def _work_signals(signals: Mapping[str, str]) -> int:
    value = 0
    for name, word in signals.items():
        if name not in WORK_SIGNALS or word not in STATES:
            raise ValueError(
                f"no signal {name}={word}; signals are {', '.join(WORK_SIGNALS)}, "
                f"their words {', '.join(STATES)}"
            )
        value |= STATES[word] << 2 * WORK_SIGNALS.index(name)
    return value


def messages(buffer: bytearray) -> Iterator[tuple[int, int, bytes]]:
    """Take (message id, serial, body) of every whole frame out of the buffer."""
    while (end := buffer.find(b"\x7e", 1)) > 0:
        content = bytes(buffer[1:end])
        del buffer[: end + 1]
        plain = content.replace(b"\x7d\x02", b"\x7e").replace(b"\x7d\x01", b"\x7d")
        message, _, _, serial = struct.unpack_from(">HH6sH", plain)
        yield message, serial, plain[12:-1]


def whole_second(time: datetime) -> datetime:
    """The protocol's resolution of time, in UTC."""
    return time.astimezone(UTC).replace(microsecond=0)
