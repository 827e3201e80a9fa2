"""What a load run is told, and the phones of its terminals."""

from __future__ import annotations

import msgspec

FIRST_PHONE = 15_000_000_000
FIRST_HANDSET = "LD"


class LoadOrder(msgspec.Struct, frozen=True, kw_only=True):
    """One process's share. `rate`: frames a second of this process, None: closed loop.

    Closed loop: each terminal sends its next packet when the last one is acknowledged whole. Open
    loop: packets leave by the clock, whatever the server does; what it delays counts as latency.

    `begins_s`: the time of every terminal's first fix (None: by the clock), `skip`: how many of its
    fixes each passes over. So a second run sends again what a first one sent.
    """

    host: str
    port: int
    protocol: str = "jt808"
    first: int = 0
    connections: int = 1
    rate: float | None = None
    frames_per_packet: int = 1
    seconds: float = 10.0
    drain_s: float = 10.0
    log_in_s: float = 60.0
    spread: bool = False
    begins_s: int | None = None
    skip: int = 0


def phone(number: int) -> str:
    """The phone of terminal `number`: eleven digits."""
    return str(FIRST_PHONE + number)


def handset(number: int) -> str:
    """The identity of handset `number`."""
    return f"{FIRST_HANDSET}{number:06d}"


def identity(protocol: str, number: int) -> str:
    """Of either."""
    return handset(number) if protocol == "handset" else phone(number)


def source_address(number: int) -> str:
    """A loopback address for connection `number`: 250 connections each, over 127.0.0.0/8.

    One address has some 28,000 ports; a server that counts by address sees many clients.
    """
    block = number // 250
    return f"127.{1 + block // 62_500 % 254}.{block // 250 % 250}.{1 + block % 250}"
