"""Handsets of a load run: JSON over MQTT, many handsets a broker connection."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from typing import Any

import msgspec

from simulators.load.order import LoadOrder, handset
from simulators.load.tally import MAX_NAMED, Latencies, Tally
from simulators.terminal.handset import PREFIX, Handset, HandsetLink

HANDSETS_A_LINK = 100
TICK_S = 0.01
MAX_OPEN = 5_000


class LoadHandset(Handset):
    """Counts answers by `seq`, each with the time at which its message was due."""

    def __init__(self, crowd: HandsetCrowd, link: HandsetLink, identity: str) -> None:
        super().__init__(link, identity, random.Random(identity))
        self._crowd, self._carrier = crowd, link
        self.open_seqs: dict[int, float] = {}
        self._last_seq = 0

    def send_packet(self, fixes: int, due_s: float) -> None:
        """One message of so many fixes, a second apart."""
        self._last_seq += 1
        now_ms = int(time.time() * 1_000)
        told = [
            {"t": now_ms - 1_000 * (fixes - n), "lon": 121.4 + self._last_seq % 9_000 / 1e5,
             "lat": 31.2, "spd": 4.5, "crs": 90, "acc": 8, "src": "gnss", "sat": 14}
            for n in range(fixes)
        ]  # fmt: skip
        payload = {"v": 1, "seq": self._last_seq, "type": "fixes", "fixes": told}
        data = msgspec.json.encode(payload)
        self.open_seqs[self._last_seq] = due_s
        self._crowd.tally.bytes += len(data)
        self._carrier.publish(f"{PREFIX}{self.identity}/up", data)

    def receive(self, kind: str, payload: bytes) -> None:
        """An answer."""
        if kind == "ack":
            self._crowd.answered(self, msgspec.json.decode(payload))

    def resend(self) -> None:
        """A load run counts what is lost; it does not mend it."""


class HandsetCrowd:
    """One process's handsets. A message counts as a frame."""

    def __init__(self, order: LoadOrder) -> None:
        self._order = order
        self._loop = asyncio.get_running_loop()
        self.tally = Tally(connections=order.connections)
        self._latencies_us: list[int] = []
        self._links: list[HandsetLink] = []
        self._handsets: list[LoadHandset] = []
        self._sending = False

    async def run(self, stop: asyncio.Event) -> Tally:
        """As `Crowd.run`."""
        try:
            async with asyncio.timeout(self._order.log_in_s):
                await self._connect()
            await self._send(stop)
        except TimeoutError:
            where = f"{self._order.host}:{self._order.port}"
            self.tally.error = f"the broker at {where} does not answer"
        await asyncio.gather(*(link.stop() for link in self._links))
        latencies = Latencies()
        if self._latencies_us:
            latencies.count(self._latencies_us)
        self.tally.latencies = latencies.encode()
        return self.tally

    def answered(self, who: LoadHandset, content: dict[str, Any]) -> None:
        """An acknowledgement."""
        due_s = who.open_seqs.pop(content.get("seq", -1), None)
        if due_s is None:
            known = 0 < content.get("seq", -1) <= who._last_seq
            self.tally.doubled += known
            self.tally.wrong_serial += not known
            self._fault(who, f"unexpected answer {content}")
            return
        self.tally.acknowledged += 1
        self._latencies_us.append(int((self._loop.time() - due_s) * 1e6))
        if not content.get("ok", False):
            self.tally.refused += 1
            self._fault(who, str(content))
        if self._sending and self._order.rate is None and not who.open_seqs:
            self._packet(who, self._loop.time())

    def _packet(self, who: LoadHandset, due_s: float) -> None:
        if len(who.open_seqs) >= MAX_OPEN:
            self.tally.held_back += 1
            return
        self.tally.packets += 1
        self.tally.frames += 1
        who.send_packet(self._order.frames_per_packet, due_s)

    def _fault(self, who: LoadHandset, words: str) -> None:
        if len(self.tally.faults) < MAX_NAMED:
            self.tally.faults.append(f"{who.identity}: {words}")

    async def _connect(self) -> None:
        order = self._order
        for start in range(0, order.connections, HANDSETS_A_LINK):
            number = order.first + start
            link = HandsetLink(order.host, order.port, client_id=f"xunji-load-{number}")
            self._links.append(link)
            await link.start()
            for offset in range(start, min(start + HANDSETS_A_LINK, order.connections)):
                who = LoadHandset(self, link, handset(order.first + offset))
                await who.start()
                self._handsets.append(who)
                self.tally.logged_in += 1

    async def _send(self, stop: asyncio.Event) -> None:
        self._sending = True
        began_s, cpu_s = self._loop.time(), time.process_time()
        if self._order.rate is None:
            for who in self._handsets:
                self._packet(who, self._loop.time())
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._order.seconds):
                    await stop.wait()
        else:
            await self._send_by_the_clock(stop, self._order.rate)
        self._sending = False
        self.tally.seconds = self._loop.time() - began_s
        self.tally.cpu_s = time.process_time() - cpu_s
        ends_s = self._loop.time() + self._order.drain_s
        while any(who.open_seqs for who in self._handsets) and self._loop.time() < ends_s:
            await asyncio.sleep(0.05)
        for who in self._handsets:
            if who.open_seqs:
                self.tally.missing += len(who.open_seqs)
                self._fault(who, f"{len(who.open_seqs)} messages without an answer")

    async def _send_by_the_clock(self, stop: asyncio.Event, rate: float) -> None:
        began_s, sent = self._loop.time(), 0
        total = int(self._order.seconds * rate)
        while sent < total and not stop.is_set():
            due = min(total, int((self._loop.time() - began_s) * rate) + 1)
            for n in range(sent, due):
                self._packet(self._handsets[n % len(self._handsets)], began_s + n / rate)
            sent = due
            await asyncio.sleep(TICK_S)
