"""Which terminal a unit has: by its protocol and transport, with its own chance and its faults."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from simulators.city.names import stream
from simulators.fleet.fleet import Fleet
from simulators.fleet.receiver import Fixes
from simulators.fleet.unit import Unit
from simulators.terminal import Handset, Jt808Terminal, batch_bodies, location_bodies
from simulators.terminal.carriers import DatagramCarrier, MqttCarrier, StreamCarrier
from simulators.terminal.handset import Publisher
from simulators.terminal.posting import HttpCarrier
from simulators.terminal.teller import Carrier, Teller

Address = tuple[str, int]


class Line(Protocol):
    """What a scenario's faults make of one unit's connection."""

    def pieces(self, frames: Sequence[bytes]) -> list[bytes]:
        """What is written of JT/T 808 frames, one write each."""
        ...

    def copies(self, payload: bytes) -> list[bytes]:
        """What is sent of another protocol's message."""
        ...

    def breaks_between(self, from_s: float, to_s: float) -> bool:
        """Whether the connection breaks in [from_s, to_s)."""
        ...

    def is_slow(self, time_s: float) -> bool:
        """Whether the terminal reads slowly now."""
        ...


def terminal_of(fleet: Fleet, unit: Unit, gateway: Address, line: Line | None) -> Jt808Terminal:
    """The unit's JT/T 808 terminal, not connected yet."""
    chance = stream(fleet.seed, "terminal", unit.identity)
    terminal = Jt808Terminal(
        gateway,
        unit.identity,
        version=unit.version,
        plate=unit.plate or "",
        chance=chance,
        udp=unit.transport == "udp",
    )
    if line is not None:
        terminal.pieces = line.pieces
    return terminal


def handset_of(
    fleet: Fleet, unit: Unit, link: Publisher, line: Line | None, from_s: int = 0
) -> Handset:
    """The unit's handset on a link, as it is at a second of the plan."""
    chance = stream(fleet.seed, "terminal", unit.identity)
    before = np.array([from_s - unit.interval_s], np.int64)
    on_duty, point_of = bool(unit.on_shift(before)[0]), unit.check_in_at
    handset = Handset(link, unit.identity, chance, on_duty=on_duty, point_of=point_of)
    if line is not None:
        handset.copies = line.copies
    return handset


def teller_of(unit: Unit, carrier: Carrier, line: Line | None) -> Teller:
    """The unit's terminal of a protocol that only tells."""
    teller = Teller(unit.protocol, unit.identity, carrier)
    if line is not None:
        teller.copies = line.copies
    return teller


def carrier_of(
    unit: Unit, gateway: Address, broker: Address | None, tokens: Mapping[str, str]
) -> Carrier | None:
    """How its messages travel; None: by MQTT, and there is no broker."""
    match unit.transport:
        case "http":
            return post_of(unit, gateway, tokens)
        case "mqtt":
            return None if broker is None else MqttCarrier(broker, unit.protocol, unit.identity)
        case "udp":
            return DatagramCarrier(gateway, unit.identity)
        case _:
            return StreamCarrier(gateway, unit.identity)


def post_of(unit: Unit, gateway: Address, tokens: Mapping[str, str]) -> HttpCarrier:
    """By HTTP, with its token."""
    token = tokens.get(unit.identity, "")
    return HttpCarrier(gateway, unit.protocol, unit.identity, token)


def bodies(unit: Unit, fixes: Fixes) -> tuple[list[bytes], list[bytes]]:
    """0x0200 bodies of what leaves at once, 0x0704 bodies of what had to be kept."""
    origin_s = unit.origin_us // 1_000_000
    kept = fixes["send_s"] > fixes["time_s"] - unit.skew_s
    late = fixes[kept][::-1] if unit.newest_first else fixes[kept]
    return location_bodies(fixes[~kept], origin_s), batch_bodies(location_bodies(late, origin_s))
