"""Inspectors' handsets: JSON with `seq`, kept until the server's `ack` names it.

One `HandsetLink` is one broker connection that carries any number of handsets, as a phone
operator's gateway would; each handset has its own topics (docs/protocols/handset.md).
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Any, Protocol

import aiomqtt
import msgspec
import numpy as np

from model.position import FixSource
from model.signals import NO, SIGNALS, YES
from model.signals import field as signal_field
from simulators.fleet.receiver import Fixes

PREFIX = "xunji/handset/"
MAX_KEPT = 5_000  # messages a handset remembers
RESEND_AFTER_S = 20.0
RECONNECT_S = 2.0
MAX_FIXES_A_MESSAGE = 100
MAX_IN_FLIGHT = 20  # what brokers grant by default
_SOURCES = {FixSource.NONE: "none", FixSource.GNSS: "gnss", FixSource.LBS: "lbs"}
_SOURCES[FixSource.WIFI] = "wifi"
_MOCKED = SIGNALS["mocked"].shift
BATTERY_S_A_PERCENT = 540  # a shift of 12 hours takes four fifths of a charge


def _once(payload: bytes) -> list[bytes]:
    return [payload]


def _nowhere(_time_s: int) -> str:
    return ""


class Publisher(Protocol):
    """What carries a handset's messages."""

    async def attach(self, handset: Handset) -> None:
        """Listen to the handset's topics."""
        ...

    def publish(self, topic: str, payload: bytes) -> None:
        """Send a message, now or when the link is up."""
        ...


class Handset:
    """One handset of a link. Counts messages as terminals count reports.

    `copies`: what a faulty line makes of a message. `on_duty`: whether a shift is under way when
    it begins. `point_of`: the check-in point of a fix time, "" for none.
    """

    def __init__(
        self,
        link: Publisher,
        identity: str,
        chance: random.Random,
        *,
        on_duty: bool = True,
        point_of: Callable[[int], str] = _nowhere,
    ) -> None:
        self.identity = identity
        self.copies: Callable[[bytes], list[bytes]] = _once
        self.sent = self.acknowledged = self.refused = 0
        self.texts: list[str] = []
        self._link = link
        self._chance = chance
        self._charged_s = -chance.randrange(0, 20_000)
        self._on_duty, self._point_of = on_duty, point_of
        self._seq = 0
        self._kept: dict[int, bytes] = {}
        self._drained = asyncio.Event()

    async def start(self) -> None:
        """Listen to the handset's topics."""
        await self._link.attach(self)

    async def stop(self) -> None:
        """Nothing of its own to close: the link is closed by whom opened it."""

    def report(self, fixes: Fixes, origin_s: int, *, poor_gnss: bool = False) -> None:
        """Send fixes, at most `MAX_FIXES_A_MESSAGE` a message; kept until acknowledged."""
        on_duty = signal_field(fixes["signals"], "on_duty") != NO
        checked_in = signal_field(fixes["signals"], "check_in") == YES
        turned = np.diff(on_duty, prepend=self._on_duty)
        begin = 0
        for mark in [*np.flatnonzero(turned | checked_in).tolist(), len(fixes)]:
            for start in range(begin, mark, MAX_FIXES_A_MESSAGE):
                part = fixes[start : min(mark, start + MAX_FIXES_A_MESSAGE)]
                self._send(self._message(part, origin_s, poor_gnss))
            if mark < len(fixes):
                self._on_duty = bool(on_duty[mark])
                self._send(self._event(fixes[mark].tolist(), origin_s, shift=bool(turned[mark])))
            begin = mark + 1

    async def drained(self) -> None:
        """Wait until every message is acknowledged; what is overdue is sent again."""
        while self._kept:
            self._drained.clear()
            try:
                await asyncio.wait_for(self._drained.wait(), RESEND_AFTER_S)
            except TimeoutError:
                self.resend()

    def resend(self) -> None:
        """Publish everything that is still unacknowledged."""
        for payload in self._kept.values():
            self._link.publish(f"{PREFIX}{self.identity}/up", payload)

    def receive(self, kind: str, payload: bytes) -> None:
        """A message on `.../ack` or `.../down`."""
        content = msgspec.json.decode(payload)
        if kind == "ack":
            self._settle(content)
        elif content.get("type") == "text":
            self.texts.append(content["text"])
            self._send({"type": "answer", "id": content["id"], "result": "done"})

    def _settle(self, content: dict[str, Any]) -> None:
        if self._kept.pop(content.get("seq", -1), None) is None:
            return
        self.acknowledged += 1
        self.refused += not content.get("ok", False)
        if not self._kept:
            self._drained.set()

    def _send(self, content: dict[str, Any]) -> None:
        if len(self._kept) >= MAX_KEPT:
            raise OverflowError("the server acknowledges too little: the handset's memory is full")
        self._seq += 1
        payload = msgspec.json.encode({"v": 1, "seq": self._seq, **content})
        self._kept[self._seq] = payload
        self.sent += 1
        for copy in self.copies(payload):
            self._link.publish(f"{PREFIX}{self.identity}/up", copy)

    def forget(self) -> None:
        """Keep nothing for sending again: nobody will acknowledge it."""
        self._kept.clear()

    def _event(self, row: tuple[Any, ...], origin_s: int, *, shift: bool) -> dict[str, Any]:
        """What the person has told by hand: a shift begins or ends, or a check-in."""
        told = {"type": "shift" if shift else "check_in", "shift": self._shift()}
        point = {} if shift else {"point": self._point_of(row[0])}
        return {**told, **{k: v for k, v in point.items() if v}, "fix": _fix(row, origin_s)}

    def _message(self, fixes: Fixes, origin_s: int, poor_gnss: bool) -> dict[str, Any]:
        used_s = int(fixes[-1]["time_s"]) - self._charged_s
        if used_s > 85 * BATTERY_S_A_PERCENT:
            self._charged_s, used_s = int(fixes[-1]["time_s"]), 0
        return {
            "type": "fixes",
            "fixes": [_fix(row, origin_s) for row in fixes.tolist()],
            "gnss": "poor" if poor_gnss else "ok",
            "bat": max(5, 100 - used_s // BATTERY_S_A_PERCENT),
            "net": "4g" if self._chance.random() < 0.2 else "5g",
            "shift": self._shift(),
        }

    def _shift(self) -> str:
        return "on" if self._on_duty else "off"


def _fix(row: tuple[Any, ...], origin_s: int) -> dict[str, Any]:
    time_s, _, longitude, latitude, altitude, speed, course = row[:7]
    accuracy, source, satellites, _, signals = row[7:]
    return {
        "t": (origin_s + time_s) * 1000,
        "lon": longitude / 1e6,
        "lat": latitude / 1e6,
        "alt": altitude,
        "spd": speed / 10,
        "crs": course,
        "acc": accuracy,
        "src": _SOURCES[source],
        "sat": satellites,
        "mock": signals >> _MOCKED & 3 >= YES,
    }


class HandsetLink:
    """One connection to the broker; reconnects by itself and resends what is not acknowledged."""

    def __init__(self, host: str, port: int, client_id: str) -> None:
        self._host, self._port, self._client_id = host, port, client_id
        self._handsets: dict[str, Handset] = {}
        self._outbox: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue()
        self._client: aiomqtt.Client | None = None
        self._online = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Connect."""
        self._task = asyncio.create_task(self._run())
        await self._online.wait()

    async def stop(self) -> None:
        """Disconnect."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def attach(self, handset: Handset) -> None:
        """Carry this handset's messages."""
        self._handsets[handset.identity] = handset
        if self._client is not None:
            await self._subscribe(handset)

    def publish(self, topic: str, payload: bytes) -> None:
        """Queue a message; it leaves at QoS 1 while the link is up."""
        self._outbox.put_nowait((topic, payload))

    @property
    def busy(self) -> bool:
        """Messages wait for their turn on the connection."""
        return not self._outbox.empty()

    async def _subscribe(self, handset: Handset) -> None:
        assert self._client is not None
        topics = [(f"{PREFIX}{handset.identity}/{kind}", 1) for kind in ("ack", "down")]
        await self._client.subscribe(topics)

    async def _run(self) -> None:
        while True:
            try:
                async with self._connection() as client:
                    self._client = client
                    await self._serve(client)
            except* (aiomqtt.MqttError, OSError):
                self._client = None
            await asyncio.sleep(RECONNECT_S)

    def _connection(self) -> aiomqtt.Client:
        client = aiomqtt.Client(self._host, self._port, identifier=self._client_id)
        client.pending_calls_threshold = MAX_IN_FLIGHT
        return client

    async def _serve(self, client: aiomqtt.Client) -> None:
        for handset in self._handsets.values():
            await self._subscribe(handset)
            handset.resend()
        self._online.set()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._receive(client))
            tasks.create_task(self._publish(client))

    async def _receive(self, client: aiomqtt.Client) -> None:
        async for message in client.messages:
            _, _, identity, kind = message.topic.value.split("/")
            handset = self._handsets.get(identity)
            if handset and isinstance(message.payload, bytes | bytearray):
                handset.receive(kind, bytes(message.payload))
        raise aiomqtt.MqttError("the broker closed the connection")

    async def _publish(self, client: aiomqtt.Client) -> None:
        while True:
            ready = [await self._outbox.get()]
            while not self._outbox.empty() and len(ready) < MAX_IN_FLIGHT:
                ready.append(self._outbox.get_nowait())
            sending = [client.publish(topic, payload, qos=1) for topic, payload in ready]
            await asyncio.gather(*sending)
