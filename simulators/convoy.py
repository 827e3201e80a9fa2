"""The fleet on the road: a terminal a unit on real sockets, fed from the plan as time goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from simulators.city.names import stream
from simulators.fleet.fleet import Fleet
from simulators.fleet.receiver import Fixes
from simulators.fleet.unit import FIX_DTYPE, Unit
from simulators.terminal import (
    Handset,
    HandsetLink,
    Jt808Terminal,
    batch_bodies,
    location_bodies,
)
from simulators.terminal.handset import Publisher

CHUNK_S = 3_600  # the plan is turned into fixes so much ahead: one NumPy pass a unit and hour
HANDSETS_A_LINK = 100
LOG_INS_AT_ONCE = 50
SLOW_READ_S = 0.05  # a slow reader's pause before each read


def terminal_of(
    fleet: Fleet, unit: Unit, gateway: tuple[str, int], line: Line | None
) -> Jt808Terminal:
    """The unit's terminal, not connected yet."""
    chance = stream(fleet.seed, "terminal", unit.identity)
    terminal = Jt808Terminal(
        gateway, unit.identity, version=unit.version, plate=unit.plate or "", chance=chance
    )
    if line is not None:
        terminal.pieces = line.pieces
    return terminal


def handset_of(fleet: Fleet, unit: Unit, link: Publisher, line: Line | None) -> Handset:
    """The unit's handset on a link."""
    chance = stream(fleet.seed, "terminal", unit.identity)
    handset = Handset(link, unit.identity, chance)
    if line is not None:
        handset.copies = line.copies
    return handset


def bodies(unit: Unit, fixes: Fixes) -> tuple[list[bytes], list[bytes]]:
    """0x0200 bodies of what leaves at once, 0x0704 bodies of what had to be kept."""
    origin_s = unit.origin_us // 1_000_000
    kept = fixes["send_s"] > fixes["time_s"] - unit.skew_s
    late = fixes[kept][::-1] if unit.newest_first else fixes[kept]
    return location_bodies(fixes[~kept], origin_s), batch_bodies(location_bodies(late, origin_s))


def fixes_at(fixes: Fixes, places: NDArray[np.intp]) -> Fixes:
    """fixes[places], copied as bytes: many times faster than field by field."""
    return fixes.view(f"V{FIX_DTYPE.itemsize}")[places].view(FIX_DTYPE)


class Feed:
    """A unit's fixes in the order in which they leave."""

    def __init__(self, unit: Unit, from_s: int) -> None:
        self._unit = unit
        self._until_s = from_s
        self._ready: Fixes = np.zeros(0, FIX_DTYPE)

    def take(self, to_s: int) -> Fixes:
        """What is to be sent before `to_s`; ask for ascending times."""
        while self._until_s < to_s:
            until_s = self._until_s + CHUNK_S
            fresh = self._unit.fixes(self._until_s, until_s)
            self._ready = np.concatenate([self._ready, fresh])
            self._until_s = until_s
        due = self._ready["send_s"] < to_s
        fixes = fixes_at(self._ready, np.flatnonzero(due))
        if len(fixes):
            self._ready = fixes_at(self._ready, np.flatnonzero(~due))
        return fixes


class Line(Protocol):
    """What a scenario's faults make of one unit's connection."""

    def pieces(self, frames: Sequence[bytes]) -> list[bytes]:
        """What is written of JT/T 808 frames, one write each."""
        ...

    def copies(self, payload: bytes) -> list[bytes]:
        """What is published of a handset's message."""
        ...

    def breaks_between(self, from_s: float, to_s: float) -> bool:
        """Whether the connection breaks in [from_s, to_s)."""
        ...

    def is_slow(self, time_s: float) -> bool:
        """Whether the terminal reads slowly now."""
        ...


class Convoy:
    """All units of a fleet, connected. `from_s`: where in the plan they begin to report.

    `lines` by identity: faulty connections; who is not named has a good one.
    """

    def __init__(
        self,
        fleet: Fleet,
        gateway: tuple[str, int],
        broker: tuple[str, int] | None,
        from_s: int = 0,
        lines: Mapping[str, Line] | None = None,
    ) -> None:
        self.fleet = fleet
        self._lines = lines or {}
        self._until_s = from_s
        self._gateway = gateway
        self._broker = broker
        self._links: list[HandsetLink] = []
        self._feeds = {unit.identity: Feed(unit, from_s) for unit in fleet.reporting}
        self._terminals: dict[str, Jt808Terminal] = {}
        self._handsets: dict[str, Handset] = {}
        self.fixes_sent = 0

    async def start(self) -> None:
        """Connect and log in everybody. Raises Refused when a terminal is not registered."""
        gate = asyncio.Semaphore(LOG_INS_AT_ONCE)
        trucks = [unit for unit in self.fleet.units if unit.protocol == "jt808"]
        await asyncio.gather(*(self._start_terminal(unit, gate) for unit in trucks))
        people = [unit for unit in self.fleet.units if unit.protocol == "handset"]
        if self._broker is None:
            return
        for start in range(0, len(people), HANDSETS_A_LINK):
            await self._start_link(people[start : start + HANDSETS_A_LINK], start)

    async def _start_terminal(self, unit: Unit, gate: asyncio.Semaphore) -> None:
        terminal = terminal_of(self.fleet, unit, self._gateway, self._lines.get(unit.identity))
        self._terminals[unit.identity] = terminal
        async with gate:
            await terminal.start()

    async def _start_link(self, people: Sequence[Unit], number: int) -> None:
        assert self._broker is not None
        link = HandsetLink(*self._broker, client_id=f"xunji-simulator-{self.fleet.seed}-{number}")
        self._links.append(link)
        await link.start()
        for unit in people:
            handset = handset_of(self.fleet, unit, link, self._lines.get(unit.identity))
            self._handsets[unit.identity] = handset
            await handset.start()

    async def stop(self) -> None:
        """Log out and close all connections."""
        terminals = self._terminals.values()
        await asyncio.gather(*(terminal.stop() for terminal in terminals))
        await asyncio.gather(*(link.stop() for link in self._links))

    def send(self, to_s: int) -> int:
        """Hand out every fix that is due before `to_s`; returns how many."""
        count = 0
        self._trouble(to_s)
        for unit in self.fleet.reporting:
            fixes = self._feeds[unit.identity].take(to_s)
            if len(fixes):
                count += len(fixes)
                self._send(unit, fixes)
        self.fixes_sent += count
        return count

    def _trouble(self, to_s: int) -> None:
        """Break connections and slow readers down where the lines say so."""
        for identity, line in self._lines.items():
            terminal = self._terminals.get(identity)
            if terminal is None:
                continue
            terminal.read_pause_s = SLOW_READ_S if line.is_slow(to_s) else 0.0
            if line.breaks_between(self._until_s, to_s):
                terminal.drop()
        self._until_s = to_s

    def _send(self, unit: Unit, fixes: Fixes) -> None:
        handset = self._handsets.get(unit.identity)
        if handset:
            origin_s = unit.origin_us // 1_000_000
            handset.report(fixes, origin_s, poor_gnss=unit.habits.poor_gnss)
        terminal = self._terminals.get(unit.identity)
        if terminal:
            terminal.report(*bodies(unit, fixes))

    def skip(self, to_s: int) -> None:
        """Let time pass without reports up to `to_s` (and make the plan as far)."""
        for feed in self._feeds.values():
            feed.take(to_s)

    async def drained(self) -> None:
        """Wait until all that was sent is acknowledged."""
        waiting = [terminal.drained() for terminal in self._terminals.values()]
        waiting += [handset.drained() for handset in self._handsets.values()]
        await asyncio.gather(*waiting)

    def counts(self) -> dict[str, int]:
        """Reports (frames and messages) of all terminals: sent, acknowledged, refused."""
        everyone: list[Jt808Terminal | Handset] = [
            *self._terminals.values(),
            *self._handsets.values(),
        ]
        return {
            "sent": sum(one.sent for one in everyone),
            "acknowledged": sum(one.acknowledged for one in everyone),
            "refused": sum(one.refused for one in everyone),
        }
