"""All terminals of one process: who is due, what they send, what came back."""

from __future__ import annotations

import asyncio
import contextlib
import time

import numpy as np

from simulators.load.caller import Caller
from simulators.load.frames import compose, phones_of
from simulators.load.order import LoadOrder, phone, source_address
from simulators.load.tally import MAX_NAMED, Latencies, Tally

CONNECTS_AT_ONCE = 256
TICK_S = 0.005
KNOCK_AGAIN_S = 1.0
MAX_OPEN = 30_000  # unanswered frames a terminal; serials are 16 bits
BACK_S = 6 * 3_600  # a closed loop's fixes begin so long ago, one a second
AHEAD_S = 240
_FIRST = asyncio.FIRST_COMPLETED
COUNT_AT = 50_000


class Crowd:
    """One process's share of a load run."""

    def __init__(self, order: LoadOrder) -> None:
        self._order = order
        self._loop = asyncio.get_running_loop()
        self.tally = Tally(connections=order.connections)
        self._latencies = Latencies()
        self._fresh: list[int] = []
        self._phones = phones_of(order.first, order.connections)
        self._callers: list[Caller] = []
        self._next: list[Caller] = []
        self._flush_planned = False
        self._sending = False
        self._waiting_log_ins = asyncio.Event()
        self._ended = asyncio.Event()
        self._online = 0
        self._coming: set[asyncio.Task[None]] = set()
        self._patient_until_s = self._loop.time() + order.log_in_s

    async def run(self, stop: asyncio.Event) -> Tally:
        """Connect, log in, send for the time, wait for what is under way."""
        stopped = asyncio.create_task(stop.wait())
        stopped.add_done_callback(lambda _: self._ended.set())
        try:
            await self._connect(stop)
            if self.tally.logged_in:
                await self._send()
        except OSError as problem:
            self.tally.error = (
                f"{self._order.host}:{self._order.port}: {problem.strerror or problem}"
            )
        stopped.cancel()
        for task in self._coming:
            task.cancel()
        for caller in self._callers:
            caller.close()
        self._count()
        self.tally.latencies = self._latencies.encode()
        return self.tally

    # What callers tell

    def ready(self, _caller: Caller) -> None:
        """It is logged in; the others may wait as long again."""
        self._patient_until_s = self._loop.time() + self._order.log_in_s
        self.tally.logged_in += 1
        self._online += 1
        if self.tally.logged_in + self.tally.lost >= self._order.connections:
            self._waiting_log_ins.set()

    def not_known_yet(self, caller: Caller, words: str) -> None:
        """A server lets newcomers in some at a time: knock again, while there is time."""
        if self._loop.time() + KNOCK_AGAIN_S < self._patient_until_s:
            self._loop.call_later(KNOCK_AGAIN_S, caller.knock)
        else:
            self.refused_log_in(caller, words)

    def refused_log_in(self, caller: Caller, words: str) -> None:
        """The server does not let it in."""
        self._fault(caller, f"log-in refused: {words}")
        self.tally.error = self.tally.error or (
            "terminals were refused: register them (--url, --password), or start the server with"
            " XUNJI_GATEWAY__AUTO_REGISTER=true and use --auto"
        )
        caller.close()
        self._count_lost(caller)

    def lost(self, caller: Caller) -> None:
        """Its connection is gone. A server that cannot accept so many at once drops some before
        they have said a word: they come again."""
        if caller.logged_in or self._loop.time() > self._patient_until_s:
            self._count_lost(caller)
            return
        task = asyncio.create_task(self._come_again(caller))
        self._coming.add(task)
        task.add_done_callback(self._coming.discard)

    async def _come_again(self, caller: Caller) -> None:
        await asyncio.sleep(KNOCK_AGAIN_S)
        try:
            await self._open(caller)
        except OSError:
            self._count_lost(caller)

    def _count_lost(self, caller: Caller) -> None:
        self.tally.lost += 1
        self._fault(caller, "connection lost")
        self._online -= caller.logged_in
        if self._sending and not self._online:
            self.tally.error = "the server has closed all connections"
            self._ended.set()
        if self.tally.logged_in + self.tally.lost >= self._order.connections:
            self._waiting_log_ins.set()

    def acknowledged(self, caller: Caller, due_us: int, result: int) -> None:
        """One frame is answered."""
        self.tally.acknowledged += 1
        self._fresh.append(self._now_us() - due_us)
        if result:
            self.tally.refused += 1
            self._fault(caller, f"result {result}")
        if len(self._fresh) >= COUNT_AT:
            self._count()

    def answered(self, caller: Caller) -> None:
        """All it has sent is answered: in a closed loop it goes on."""
        if self._sending and self._order.rate is None:
            self._next.append(caller)
            if not self._flush_planned:
                self._flush_planned = True
                self._loop.call_soon(self._send_next)

    def doubled(self, caller: Caller, serial: int) -> None:
        """A second answer."""
        self.tally.doubled += 1
        self._fault(caller, f"serial {serial} was acknowledged twice")

    def wrong_serial(self, caller: Caller, serial: int) -> None:
        """An answer to what was never sent."""
        self.tally.wrong_serial += 1
        self._fault(caller, f"serial {serial} was acknowledged but never sent")

    # Inside

    def _now_us(self) -> int:
        return int(self._loop.time() * 1e6)

    def _fault(self, caller: Caller, words: str) -> None:
        if len(self.tally.faults) < MAX_NAMED:
            self.tally.faults.append(f"{phone(caller.number)}: {words}")

    async def _connect(self, stop: asyncio.Event) -> None:
        gate = asyncio.Semaphore(CONNECTS_AT_ONCE)
        places = range(self._order.connections)
        connecting = (self._connect_one(place, gate, stop) for place in places)
        outcomes = await asyncio.gather(*connecting, return_exceptions=True)
        for problem in outcomes:
            if problem is not None:
                raise problem
        done = asyncio.create_task(self._waiting_log_ins.wait())
        stopped = asyncio.create_task(stop.wait())
        while (left_s := self._patient_until_s - self._loop.time()) > 0:
            waiting = asyncio.wait({done, stopped}, timeout=left_s, return_when=_FIRST)
            if (await waiting)[0]:
                break
        done.cancel()
        stopped.cancel()
        if self.tally.logged_in < self._order.connections and not stop.is_set():
            lacking = self._order.connections - self.tally.logged_in
            self.tally.error = self.tally.error or f"{lacking} terminals could not log in"

    async def _connect_one(self, place: int, gate: asyncio.Semaphore, stop: asyncio.Event) -> None:
        order, number = self._order, self._order.first + place
        lag_s = order.frames_per_packet if order.rate is not None else BACK_S
        begins_s = int(time.time()) - lag_s if order.begins_s is None else order.begins_s
        caller = Caller(self, place, number, begins_s + order.skip)
        caller.step = order.skip
        self._callers.append(caller)
        async with gate:
            if not stop.is_set():
                await self._open(caller)

    async def _open(self, caller: Caller) -> None:
        order = self._order
        local = (source_address(caller.number), 0) if order.spread else None
        while not self._ended.is_set():
            try:
                await self._loop.create_connection(
                    lambda: caller, order.host, order.port, local_addr=local
                )
                return
            except (TimeoutError, ConnectionResetError):
                if self._loop.time() > self._patient_until_s:
                    raise

    async def _send(self) -> None:
        self._sending = True
        began_s, cpu_s = self._loop.time(), time.process_time()
        ready = [caller for caller in self._callers if caller.logged_in]
        if self._order.rate is None:
            self._next = ready
            self._send_next()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._order.seconds):
                    await self._ended.wait()
        else:
            await self._send_by_the_clock(ready, self._order.rate)
        self._sending = False
        self.tally.seconds = self._loop.time() - began_s
        self.tally.cpu_s = time.process_time() - cpu_s
        ends_s = self._loop.time() + self._order.drain_s
        while self._loop.time() < ends_s and any(
            caller.open_serials and caller.transport is not None for caller in ready
        ):
            await asyncio.sleep(0.05)
        for caller in ready:
            if caller.open_serials:
                self.tally.missing += len(caller.open_serials)
                self._fault(caller, f"{len(caller.open_serials)} frames without an answer")

    async def _send_by_the_clock(self, ready: list[Caller], rate: float) -> None:
        """Packet n is due n packets after the beginning, however late the server is."""
        per_s = rate / self._order.frames_per_packet
        began_s, sent = self._loop.time(), 0
        total = int(self._order.seconds * per_s)
        while sent < total and not self._ended.is_set():
            due = min(total, int((self._loop.time() - began_s) * per_s) + 1)
            callers = [ready[n % len(ready)] for n in range(sent, due)]
            dues_us = [int((began_s + n / per_s) * 1e6) for n in range(sent, due)]
            for start in range(0, len(callers), len(ready)):  # each caller once a turn
                end = start + len(ready)
                self._write(callers[start:end], dues_us[start:end])
            sent = due
            await asyncio.sleep(TICK_S)

    def _send_next(self) -> None:
        self._flush_planned = False
        callers, self._next = self._next, []
        now_us = self._now_us()
        self._write(callers, [now_us] * len(callers))

    def _write(self, callers: list[Caller], dues_us: list[int]) -> None:
        """One packet of each; who has too much unanswered is held back and counted."""
        each = self._order.frames_per_packet
        able = [
            (caller, due_us)
            for caller, due_us in zip(callers, dues_us, strict=True)
            if caller.transport is not None and len(caller.open_serials) + each <= MAX_OPEN
        ]
        self.tally.held_back += each * (len(callers) - len(able))
        if not able:
            return
        offsets = np.tile(np.arange(each), len(able))
        serials = np.repeat([caller.next_serial for caller, _ in able], each) + offsets
        latest_s = int(time.time()) + AHEAD_S
        times = np.repeat([caller.time_s for caller, _ in able], each) + offsets
        steps = np.repeat([caller.step for caller, _ in able], each) + offsets
        places = np.repeat([caller.place for caller, _ in able], each)
        frames = compose(self._phones[places], serials, np.minimum(times, latest_s), steps)
        for index, (caller, due_us) in enumerate(able):
            packet = b"".join(frames[index * each : index * each + each])
            caller.sent(each, due_us)
            caller.time_s += each
            caller.step += each
            assert caller.transport is not None
            caller.transport.write(packet)
            self.tally.bytes += len(packet)
        self.tally.packets += len(able)
        self.tally.frames += each * len(able)

    def _count(self) -> None:
        if self._fresh:
            self._latencies.count(self._fresh)
            self._fresh.clear()
