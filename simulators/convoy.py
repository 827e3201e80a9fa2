"""The fleet on the road: a terminal a unit on real sockets, fed from the plan as time goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from simulators.fleet.fleet import Fleet
from simulators.fleet.receiver import Fixes
from simulators.fleet.unit import FIX_DTYPE, Unit
from simulators.outfit import (
    Address,
    Line,
    bodies,
    carrier_of,
    handset_of,
    post_of,
    teller_of,
    terminal_of,
)
from simulators.terminal import Handset, HandsetLink, Jt808Terminal
from simulators.terminal.posting import HttpLink
from simulators.terminal.teller import MESSAGES, Teller

CHUNK_S = 3_600  # the plan is turned into fixes so much ahead: one NumPy pass a unit and hour
HANDSETS_A_LINK = 100
LOG_INS_AT_ONCE = 50
SLOW_READ_S = 0.05  # a slow reader's pause before each read


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


class Convoy:
    """All units of a fleet, connected. `from_s`: where in the plan they begin to report.

    `lines` by identity: faulty connections; who is not named has a good one. `tokens` by identity,
    of terminals that come by HTTP.
    """

    def __init__(
        self,
        fleet: Fleet,
        gateway: Address,
        broker: Address | None,
        from_s: int = 0,
        *,
        lines: Mapping[str, Line] | None = None,
    ) -> None:
        self.fleet = fleet
        self.tokens: Mapping[str, str] = {}
        self._lines = lines or {}
        self._from_s = self._until_s = from_s
        self._gateway = gateway
        self._broker = broker
        self._links: list[HandsetLink | HttpLink] = []
        self._feeds = {unit.identity: Feed(unit, from_s) for unit in fleet.reporting}
        self._terminals: dict[str, Jt808Terminal] = {}
        self._handsets: dict[str, Handset] = {}
        self._tellers: dict[str, Teller] = {}
        self.fixes_sent = 0

    async def start(self) -> None:
        """Connect and log in everybody. Raises Refused when a terminal is not registered."""
        gate = asyncio.Semaphore(LOG_INS_AT_ONCE)
        trucks = [unit for unit in self.fleet.units if unit.protocol == "jt808"]
        await asyncio.gather(*(self._start_terminal(unit, gate) for unit in trucks))
        people = [unit for unit in self.fleet.units if unit.protocol == "handset"]
        for unit in people:
            if unit.transport == "http":
                link = HttpLink(post_of(unit, self._gateway, self.tokens))
                await self._carry([unit], link)
        for unit in self.fleet.units:
            if unit.protocol in MESSAGES:
                await self._start_teller(unit)
        by_mqtt = [unit for unit in people if unit.transport == "mqtt"]
        for start in range(0, len(by_mqtt) if self._broker else 0, HANDSETS_A_LINK):
            await self._start_link(by_mqtt[start : start + HANDSETS_A_LINK], start)

    async def _start_terminal(self, unit: Unit, gate: asyncio.Semaphore) -> None:
        terminal = terminal_of(self.fleet, unit, self._gateway, self._lines.get(unit.identity))
        self._terminals[unit.identity] = terminal
        async with gate:
            await terminal.start()

    async def _start_link(self, people: Sequence[Unit], number: int) -> None:
        assert self._broker is not None
        link = HandsetLink(*self._broker, client_id=f"xunji-simulator-{self.fleet.seed}-{number}")
        await link.start()
        await self._carry(people, link)

    async def _carry(self, people: Sequence[Unit], link: HandsetLink | HttpLink) -> None:
        self._links.append(link)
        for unit in people:
            line = self._lines.get(unit.identity)
            handset = handset_of(self.fleet, unit, link, line, self._from_s)
            self._handsets[unit.identity] = handset
            await handset.start()

    async def _start_teller(self, unit: Unit) -> None:
        carrier = carrier_of(unit, self._gateway, self._broker, self.tokens)
        if carrier is not None:
            teller = teller_of(unit, carrier, self._lines.get(unit.identity))
            self._tellers[unit.identity] = teller
            await teller.start()

    async def stop(self) -> None:
        """Log out and close all connections."""
        await asyncio.gather(*(one.stop() for one in self._terminals.values()))
        await asyncio.gather(*(one.stop() for one in (*self._links, *self._tellers.values())))

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
            breaks = line.breaks_between(self._until_s, to_s)
            terminal = self._terminals.get(identity)
            if terminal is not None:
                terminal.read_pause_s = SLOW_READ_S if line.is_slow(to_s) else 0.0
            teller = self._tellers.get(identity)
            for one in (terminal, teller):
                if one is not None and breaks:
                    one.drop()
        self._until_s = to_s

    def _send(self, unit: Unit, fixes: Fixes) -> None:
        origin_s = unit.origin_us // 1_000_000
        if handset := self._handsets.get(unit.identity):
            handset.report(fixes, origin_s, poor_gnss=unit.habits.poor_gnss)
        elif terminal := self._terminals.get(unit.identity):
            terminal.report(*bodies(unit, fixes))
        elif teller := self._tellers.get(unit.identity):
            teller.report(fixes, origin_s)

    def skip(self, to_s: int) -> None:
        """Let time pass without reports up to `to_s` (and make the plan as far)."""
        for feed in self._feeds.values():
            feed.take(to_s)

    async def drained(self) -> None:
        """Wait until all that was sent is acknowledged, or delivered where nothing is answered."""
        await asyncio.gather(*(one.drained() for one in self._everyone()))

    def counts(self) -> dict[str, int]:
        """Reports (frames and messages): sent, acknowledged, refused; and those of protocols that
        know no answer."""
        everyone = self._everyone()
        return {
            "sent": sum(one.sent for one in everyone),
            "acknowledged": sum(one.acknowledged for one in everyone),
            "refused": sum(one.refused for one in everyone),
            "unanswered": sum(one.unanswered for one in self._tellers.values()),
        }

    def _everyone(self) -> list[Jt808Terminal | Handset | Teller]:
        return [*self._terminals.values(), *self._handsets.values(), *self._tellers.values()]
