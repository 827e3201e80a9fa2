"""The units of a torture run: terminals and handsets that note what is acknowledged to them."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from simulators.terminal.handset import MAX_FIXES_A_MESSAGE, Handset, HandsetLink
from simulators.terminal.jt808 import Jt808Terminal
from simulators.terminal.logic import ACK_TIMEOUT_S, BATCH, LOCATION, TerminalLogic
from simulators.terminal.reports import batch_bodies, location_bodies
from simulators.torture.ledger import Ledger
from simulators.torture.plan import MAX_NUMBERS, Order, TorturePlan, Unit

TICK_S = 0.02
BURST = 50  # numbers of a unit at a time, when nothing is to be disturbed
ANSWER_WAIT_S = 5  # a terminal sends again after this long, then twice as long, ...
RESEND_S = 5.0
RECONNECT_S = (0.2, 0.5, 1.0)
Acknowledge = Callable[[Sequence[int], bool], None]


class NumberedLogic(TerminalLogic):
    """A terminal that knows which numbers a serial carried."""

    def __init__(self, identity: str, acknowledged: Acknowledge) -> None:
        super().__init__(identity)
        self.parameters[ACK_TIMEOUT_S] = ANSWER_WAIT_S
        self._acknowledged = acknowledged
        self._number_of: dict[bytes, int] = {}
        self._batched: dict[bytes, list[int]] = {}
        self._carried: dict[int, list[int]] = {}

    def note(self, body: bytes, number: int) -> None:
        """This body is the report of that number."""
        self._number_of[body] = number

    def blind_batches(self, bodies: Sequence[bytes]) -> list[tuple[int, bytes]]:
        """As a terminal's, and remembered."""
        batches = []
        for body in batch_bodies(bodies):
            count = int.from_bytes(body[:2], "big")
            inside, bodies = bodies[:count], bodies[count:]
            batches.append((BATCH, body))
            self._batched[body] = [self._number_of[one] for one in inside]
        return batches

    def settle(self, serial: int, result: int) -> bool:
        """Note whose acknowledgement it is."""
        if not super().settle(serial, result):
            return False
        self._acknowledged(self._carried.pop(serial), result == 0)
        return True

    def _keep(self, message_id: int, body: bytes) -> bytes:
        frame = super()._keep(message_id, body)
        numbers = [self._number_of[body]] if message_id == LOCATION else self._batched[body]
        self._carried[(self.next_serial - 1) & 0xFFFF] = numbers
        return frame


class NumberedHandset(Handset):
    """A handset that knows which numbers a `seq` carried."""

    def __init__(self, link: HandsetLink, identity: str, acknowledged: Acknowledge) -> None:
        super().__init__(link, identity, random.Random(identity))
        self._line = link
        self._acknowledged = acknowledged
        self._carried: dict[int, list[int]] = {}
        self.coming: list[int] = []
        self._resent_s = time.monotonic()

    def resend_overdue(self) -> None:
        """All that is unacknowledged, now and then; never on top of what still waits to leave."""
        if self._kept and not self._line.busy and time.monotonic() - self._resent_s > RESEND_S:
            self._resent_s = time.monotonic()
            self.resend()

    @property
    def open(self) -> int:
        """Messages without an acknowledgement."""
        return len(self._kept)

    def _send(self, content: dict[str, Any]) -> None:
        super()._send(content)
        self._carried[self._seq], self.coming = self.coming, []

    def _settle(self, content: dict[str, Any]) -> None:
        was_open = len(self._kept)
        super()._settle(content)
        if len(self._kept) < was_open:
            self._acknowledged(self._carried.pop(content["seq"]), bool(content.get("ok")))


class Crowd:
    """All units of a plan on one server. `send_for` disturbed, `send_all` not, then `drained`."""

    def __init__(
        self, plan: TorturePlan, gateway: tuple[str, int], broker: tuple[str, int]
    ) -> None:
        self.ledger = Ledger()
        self._plan = plan
        self._link = HandsetLink(*broker, client_id=f"xunji-torture-{plan.seed}")
        self._terminals: dict[str, Jt808Terminal] = {}
        self._handsets: dict[str, NumberedHandset] = {}
        for unit in plan.units:
            told = self._acknowledge_of(unit)
            if unit.protocol == "handset":
                self._handsets[unit.identity] = NumberedHandset(self._link, unit.identity, told)
            else:
                logic = NumberedLogic(unit.identity, told)
                terminal = Jt808Terminal(
                    gateway, unit.identity, logic=logic, reconnect_s=RECONNECT_S
                )
                self._terminals[unit.identity] = terminal

    async def start(self) -> None:
        """Log in."""
        if self._handsets:
            await self._link.start()
        await asyncio.gather(*(handset.start() for handset in self._handsets.values()))
        await asyncio.gather(*(terminal.start() for terminal in self._terminals.values()))

    async def stop(self) -> None:
        """Hang up."""
        await asyncio.gather(*(terminal.stop() for terminal in self._terminals.values()))
        await self._link.stop()

    async def send_for(self, seconds: float) -> dict[str, int]:
        """Send at the plan's rate; how many numbers each unit has begun."""
        sequences = {unit: Order(self._plan.seed, unit) for unit in self._plan.units}
        began_s, steps = time.monotonic(), 0
        while (passed_s := time.monotonic() - began_s) < seconds:
            due = min(int(passed_s * self._plan.rate) + 1, MAX_NUMBERS)
            while steps < due:
                steps += 1
                for unit, sequence in sequences.items():
                    self._report(unit, sequence.step())
            self._resend()
            await asyncio.sleep(TICK_S)
        for unit, sequence in sequences.items():
            self._report(unit, sequence.rest())
        return {unit.identity: sequence.begun for unit, sequence in sequences.items()}

    async def send_all(self, counts: dict[str, int]) -> None:
        """Send numbers 0 to count - 1 of each unit, in order, as fast as they are taken."""
        for start in range(0, max(counts.values(), default=0), BURST):
            for unit in self._plan.units:
                end = min(start + BURST, counts.get(unit.identity, 0))
                self._report(unit, list(range(start, end)))
            await self.drained()

    async def drained(self) -> None:
        """Wait until everything is acknowledged."""
        waits = [asyncio.create_task(t.drained()) for t in self._terminals.values()]
        try:
            while any(handset.open for handset in self._handsets.values()):
                self._resend()
                await asyncio.sleep(TICK_S)
            await asyncio.gather(*waits)
        finally:
            for wait in waits:
                wait.cancel()

    def _acknowledge_of(self, unit: Unit) -> Acknowledge:
        def told(numbers: Sequence[int], good: bool) -> None:
            self.ledger.acknowledge(unit.identity, numbers, good=good)

        return told

    def _resend(self) -> None:
        for handset in self._handsets.values():
            handset.resend_overdue()

    def _report(self, unit: Unit, numbers: list[int]) -> None:
        if not numbers:
            return
        for number in numbers:
            self.ledger.send(unit, number)
        fixes = self._plan.fixes(unit, np.array(numbers, np.int64))
        if unit.protocol == "handset":
            handset = self._handsets[unit.identity]
            for start in range(0, len(numbers), MAX_FIXES_A_MESSAGE):
                end = start + MAX_FIXES_A_MESSAGE
                handset.coming = numbers[start:end]
                handset.report(fixes[start:end], self._plan.base_s)
            return
        terminal = self._terminals[unit.identity]
        bodies = location_bodies(fixes, self._plan.base_s)
        logic = terminal.logic
        assert isinstance(logic, NumberedLogic)
        for body, number in zip(bodies, numbers, strict=True):
            logic.note(body, number)
        terminal.report(bodies)
