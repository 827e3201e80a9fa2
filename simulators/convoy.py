"""The fleet on the road: a terminal a unit on real sockets, fed from the plan as time goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import numpy as np

from simulators.city.names import stream
from simulators.fleet.fleet import Fleet
from simulators.fleet.unit import FIX_DTYPE, Fixes, Unit
from simulators.terminal import (
    Handset,
    HandsetLink,
    Jt808Terminal,
    batch_bodies,
    location_bodies,
)

CHUNK_S = 3_600  # the plan is turned into fixes so much ahead: one NumPy pass a unit and hour
HANDSETS_A_LINK = 100
LOG_INS_AT_ONCE = 50


class _Feed:
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
        fixes = self._ready[due]
        self._ready = self._ready[~due]
        return fixes


class Convoy:
    """All units of a fleet, connected. `from_s`: where in the plan they begin to report."""

    def __init__(
        self,
        fleet: Fleet,
        gateway: tuple[str, int],
        broker: tuple[str, int] | None,
        from_s: int = 0,
    ) -> None:
        self.fleet = fleet
        self._gateway = gateway
        self._broker = broker
        self._links: list[HandsetLink] = []
        self._feeds = {unit.identity: _Feed(unit, from_s) for unit in fleet.units}
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
        terminal = Jt808Terminal(
            self._gateway,
            unit.identity,
            version=unit.version,
            plate=unit.plate or "",
            chance=stream(self.fleet.seed, "terminal", unit.identity),
        )
        self._terminals[unit.identity] = terminal
        async with gate:
            await terminal.start()

    async def _start_link(self, people: Sequence[Unit], number: int) -> None:
        assert self._broker is not None
        link = HandsetLink(*self._broker, client_id=f"xunji-simulator-{self.fleet.seed}-{number}")
        self._links.append(link)
        await link.start()
        for unit in people:
            chance = stream(self.fleet.seed, "terminal", unit.identity)
            handset = Handset(link, unit.identity, chance)
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
        for unit in self.fleet.units:
            fixes = self._feeds[unit.identity].take(to_s)
            if len(fixes):
                count += len(fixes)
                self._send(unit, fixes)
        self.fixes_sent += count
        return count

    def _send(self, unit: Unit, fixes: Fixes) -> None:
        origin_s = unit.origin_us // 1_000_000
        handset = self._handsets.get(unit.identity)
        if handset:
            handset.report(fixes, origin_s, poor_gnss=unit.habits.poor_gnss)
        terminal = self._terminals.get(unit.identity)
        if terminal:
            kept = fixes["send_s"] > fixes["time_s"]
            late = batch_bodies(location_bodies(fixes[kept], origin_s))
            terminal.report(location_bodies(fixes[~kept], origin_s), late)

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
