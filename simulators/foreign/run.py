"""A scenario's trucks against a foreign platform, whose clock is real: their fixes are past."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from simulators.convoy import Feed
from simulators.fleet.unit import Unit
from simulators.foreign.book import Book
from simulators.foreign.probes import probe
from simulators.foreign.witness import Witness
from simulators.outfit import bodies
from simulators.scenario.plan import Plan
from simulators.terminal import Jt808Terminal, Refused

STEP_S = 240
LOG_IN_S = 30.0
LOG_INS_AT_ONCE = 50


class ForeignRun:
    """One run. `speed`: times real time, 0: as fast as it acknowledges. `reply_limit_s`: as late
    as an answer may be; `limit_s`: the whole run.
    """

    def __init__(
        self,
        plan: Plan,
        address: tuple[str, int],
        *,
        speed: float = 0.0,
        reply_limit_s: float = 5.0,
        limit_s: float = 1_800.0,
    ) -> None:
        self._plan, self._address = plan, address
        self._speed, self._reply_limit_s, self._limit_s = speed, reply_limit_s, limit_s
        self._book = Book()
        self._trucks = [unit for unit in plan.fleet.units if unit.protocol == "jt808"]
        self._terminals: dict[str, tuple[Jt808Terminal, Witness]] = {}

    async def play(self, tell: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
        """The report. A platform that is not there, or lets nobody in, is its `error`."""
        began, cpu_s = time.monotonic(), time.process_time()
        error: str | None = None
        try:
            if not self._trucks:
                raise OSError(
                    "the scenario has no JT/T 808 unit; handsets speak a protocol of ours"
                )
            async with asyncio.timeout(self._limit_s):
                await self._log_in()
                await self._send(began, tell)
                await self._probe()
        except TimeoutError:
            error = "the platform did not answer in time, or the run took longer than its limit"
        except (Refused, OSError) as problem:
            error = str(problem)
        await self._stop()
        sent = sum(witness.sent for _, witness in self._terminals.values())
        known = sum(witness.acknowledged for _, witness in self._terminals.values())
        counts = {"sent": sent, "acknowledged": known}
        seconds = time.monotonic() - began, time.process_time() - cpu_s
        return self._book.report(self._plan, seconds, error, counts)

    def _terminal(self, unit: Unit) -> Jt808Terminal:
        witness = Witness(
            unit.identity,
            self._book,
            self._reply_limit_s,
            version=unit.version,
            plate=unit.plate or "",
        )
        terminal = Jt808Terminal(self._address, unit.identity, logic=witness)
        self._terminals[unit.identity] = terminal, witness
        return terminal

    async def _log_in(self) -> None:
        # Terminals try for ever; a platform that is not there is told at once.
        _, writer = await asyncio.open_connection(*self._address)
        writer.close()
        gate = asyncio.Semaphore(LOG_INS_AT_ONCE)

        async def enter(unit: Unit) -> None:
            async with gate, asyncio.timeout(LOG_IN_S):
                await self._terminal(unit).start()

        await asyncio.gather(*(enter(unit) for unit in self._trucks))

    async def _send(self, began: float, tell: Callable[[dict[str, Any]], None]) -> None:
        feeds = {unit.identity: Feed(unit, 0) for unit in self._trucks}
        end_s, fixes_sent, to_s = self._plan.end_s, 0, 0
        while to_s < end_s:
            step_s = STEP_S if not self._speed else max(1, min(STEP_S, int(self._speed)))
            to_s = min(to_s + step_s, end_s)
            if self._speed:
                await asyncio.sleep(max(0.0, began + to_s / self._speed - time.monotonic()))
            for unit in self._trucks:
                fixes = feeds[unit.identity].take(to_s)
                fixes_sent += len(fixes)
                if len(fixes):
                    self._terminals[unit.identity][0].report(*bodies(unit, fixes))
            await self._answered()
            line = {"stage": "run", "sent_until_s": to_s, "end_s": end_s, "fixes": fixes_sent}
            tell(line)

    async def _answered(self) -> None:
        """Wait until all is acknowledged; what is not in time is missing."""
        waiting = [terminal.drained() for terminal, _ in self._terminals.values()]
        try:
            async with asyncio.timeout(self._reply_limit_s + 1.0):
                await asyncio.gather(*waiting)
        except TimeoutError:
            for _, witness in self._terminals.values():
                witness.count_missing()

    async def _probe(self) -> None:
        """With the first truck's phone, on a connection of its own."""
        terminal, witness = self._terminals[self._trucks[0].identity]
        await terminal.stop()
        code, location = witness.code or "", witness.last_location
        limit_s = self._reply_limit_s
        await probe(self._address, witness, code, location, limit_s=limit_s, book=self._book)

    async def _stop(self) -> None:
        terminals = [terminal for terminal, _ in self._terminals.values()]
        await asyncio.gather(*(terminal.stop() for terminal in terminals), return_exceptions=True)
        for _, witness in self._terminals.values():
            witness.count_missing()
