"""JT/T 808, the ten commonest messages: how many a second are decoded and encoded field by field.

And what a session with 10,000 logged-in terminals keeps in memory for each of them. Locations go by
`bench.decode` in columns; here they are read as for a person or a rare message.
"""

from __future__ import annotations

import gc
import tracemalloc
from statistics import median
from time import perf_counter
from typing import Any

from bench.decode import frames
from protocols.contract import KnownDevice
from protocols.jt808 import Jt808Session, decode_body, encode_body, encode_frames

TERMINALS = 10_000
ROUNDS = 5
_TIME = "2026-11-22 08:15:30"
_REGISTRATION = {
    "province": 31, "city": 115, "maker_id": "XUNJI", "model": "T1", "terminal_id": "0000007",
    "plate_color": 2, "plate": "沪A12345",
}  # fmt: skip


class _Everybody:
    """Knows every terminal."""

    open = True
    files_server: tuple[str, int] | None = None

    def find(self, identity: str) -> KnownDevice | None:
        return KnownDevice(int(identity), 1)

    def issue_code(self, identity: str) -> str:
        return identity

    def check_code(self, identity: str, code: str) -> bool:
        return bool(identity) and code is not None

    def enrol(self, identity: str, details: dict[str, Any]) -> str:
        return "" if identity or details else "no_terminal"


def _bodies() -> dict[int, bytes]:
    """A body of each of the ten."""
    location = frames(1)[0][12:-1]
    fields: dict[int, dict[str, Any]] = {
        0x0001: {"ack_serial": 1, "ack_id": "0x8300", "result": 0},
        0x0002: {},
        0x0100: _REGISTRATION,
        0x0102: {"token": "0123456789abcdef"},
        0x0104: {"ack_serial": 1, "params": {"0x0001": 30, "0x0029": 10, "0x0083": "沪A12345"}},
        0x0702: {"card_status": 2, "time": _TIME},
        0x8001: {"ack_serial": 1, "ack_id": "0x0200", "result": 0},
        0x8300: {"flags": 8, "text": "您的车辆装载未密闭行驶，请立即停车密闭。"},
    }
    bodies = {mid: encode_body(mid, values, "2013") for mid, values in fields.items()}
    item = len(location).to_bytes(2, "big") + location
    batch = b"\x00\x05\x01" + 5 * item
    return bodies | {0x0200: location, 0x0704: batch}


def _us(work: Any, times: int) -> float:
    """Microseconds of one call, the median of some rounds."""
    spent = []
    for _ in range(ROUNDS):
        began = perf_counter()
        for _ in range(times):
            work()
        spent.append(perf_counter() - began)
    return median(spent) / times * 1e6


def _rates(times: int) -> list[dict[str, Any]]:
    entries = []
    for message_id, body in sorted(_bodies().items()):
        values = decode_body(message_id, body, "2013")
        decode_us = _us(lambda i=message_id, b=body: decode_body(i, b, "2013"), times)
        encode_us = _us(lambda i=message_id, v=values: encode_body(i, v, "2013"), times)
        for what, us in (("decode", decode_us), ("encode", encode_us)):
            entries.append(
                _entry(
                    f"messages.{what}_{message_id:04x}",
                    1e6 / us,
                    "messages/s",
                    f"{us:.1f} us each, {len(body)} bytes, one core",
                )
            )
    return entries


def _session(terminals: int) -> Jt808Session:
    session = Jt808Session(_Everybody())
    for number in range(1, terminals + 1):
        phone = f"138{number:08d}"
        session.receive_data(encode_frames(0x0100, _REGISTRATION, phone, 0), 0)
        session.receive_data(encode_frames(0x0102, {"token": phone}, phone, 1), 0)
    return session


def _bytes_a_terminal(terminals: int) -> float:
    _session(1)
    gc.collect()
    tracemalloc.start()
    session = _session(terminals)
    gc.collect()
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    del session
    return held / terminals


def _entry(name: str, value: float, unit: str, baseline: str, target: str = "") -> dict[str, Any]:
    return {"name": name, "value": value, "unit": unit, "target": target, "baseline": baseline}


def run(quick: bool) -> list[dict[str, Any]]:
    """Figures of this module."""
    basis = f"{TERMINALS:,} terminals registered and logged in on one connection"
    held = _bytes_a_terminal(TERMINALS)
    return [
        *_rates(200 if quick else 5_000),
        _entry("messages.session_bytes_a_terminal", held, "bytes", basis, "<= 4000"),
    ]
