"""MQTT 3.1.1 as far as a bench needs it: QoS 1 both ways, next to no CPU of its own.

A client library costs more for a message than broker and server together; then it would be what is
measured. Run as a module it is a process of its own: `python -m bench.mqtt_wire` with an Order as
JSON on standard input, and the Sums as JSON on standard output.
"""

from __future__ import annotations

import asyncio
import struct
import sys
import time
from collections.abc import Iterator
from typing import Any, Literal, cast

import msgspec
import uvloop

from simulators.load.order import handset

PREFIX = "xunji/handset/"
CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK = 1, 2, 3, 4, 8, 9
CONNECT_LIMIT_S, DRAIN_S = 60.0, 30.0
HEARD_EVERY_S = 0.5
BACK_S = 86_400  # handsets tell of the last day, a second a fix, so that no fix is in the future
_ID = struct.Struct(">H")


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """`answer`: what lets a handset send its next message, the broker's PUBACK or our `ack`.

    `role` discard: one subscriber of all that handsets send, which forgets it.
    """

    role: Literal["handsets", "discard"]
    port: int
    handsets: int = 0
    fixes: int = 1
    window: int = 1
    seconds: float = 0.0
    answer: Literal["puback", "ack"] = "ack"


class Sums(msgspec.Struct, kw_only=True):
    """Messages that were answered (or, of the subscriber, came), how long, and latencies."""

    messages: int = 0
    refused: int = 0
    missing: int = 0
    seconds: float = 0.0
    cpu_s: float = 0.0
    p50_ms: float = 0.0
    p99_ms: float = 0.0


def _text(value: str) -> bytes:
    return _ID.pack(len(value)) + value.encode()


def packet(kind: int, flags: int, body: bytes) -> bytes:
    """A control packet; the length takes 7 bits a byte."""
    length, left = bytearray(), len(body)
    while True:
        left, seven = left >> 7, left & 0x7F
        length.append(seven | (0x80 if left else 0))
        if not left:
            return bytes((kind << 4 | flags,)) + bytes(length) + body


def packets(buffer: bytearray) -> Iterator[tuple[int, int, bytes]]:
    """Take the whole packets out of a buffer: kind, flags, body."""
    while len(buffer) >= 2:
        length = at = 0
        while True:
            at += 1
            if at >= len(buffer):
                return
            length |= (buffer[at] & 0x7F) << 7 * (at - 1)
            if not buffer[at] & 0x80:
                break
        end = at + 1 + length
        if len(buffer) < end:
            return
        head, body = buffer[0], bytes(buffer[at + 1 : end])
        del buffer[:end]
        yield head >> 4, head & 0x0F, body


class Wire(asyncio.Protocol):
    """A connection that subscribes to one topic and acknowledges what comes."""

    def __init__(self, client_id: str, topic: str) -> None:
        self._client_id, self._topic = client_id, topic
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None
        self.ready = asyncio.get_running_loop().create_future()
        self.came = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Say hello."""
        self._transport = cast(asyncio.Transport, transport)
        hello = _text("MQTT") + b"\x04\x02" + _ID.pack(0) + _text(self._client_id)
        self.write(packet(CONNECT, 0, hello))

    def write(self, data: bytes) -> None:
        """Send bytes."""
        if self._transport is not None:
            self._transport.write(data)

    def data_received(self, data: bytes) -> None:
        """Whole packets, however they are cut."""
        self._buffer += data
        acknowledged = []
        for kind, flags, body in packets(self._buffer):
            if kind == PUBLISH:
                end, qos = 2 + _ID.unpack_from(body)[0], flags >> 1 & 3
                if qos:
                    acknowledged.append(b"\x40\x02" + body[end : end + 2])
                self.published(body[end + 2 * (qos > 0) :])
            elif kind == PUBACK:
                self.acknowledged(_ID.unpack_from(body)[0])
            elif kind == CONNACK:
                self.write(packet(SUBSCRIBE, 2, _ID.pack(1) + _text(self._topic) + b"\x01"))
            elif kind == SUBACK and not self.ready.done():
                self.ready.set_result(None)
        if acknowledged:
            self.write(b"".join(acknowledged))

    def published(self, payload: bytes) -> None:  # noqa: ARG002
        """A message of ours."""
        self.came += 1

    def acknowledged(self, number: int) -> None:
        """The broker has one of ours."""


class Sender(Wire):
    """A handset: so many messages under way, the next when one is answered."""

    def __init__(self, number: int, order: Order) -> None:
        name = handset(number)
        super().__init__(f"bench-{name}", f"{PREFIX}{name}/ack")
        self._order, self._up = order, _text(f"{PREFIX}{name}/up")
        self._by_ack = order.answer == "ack"
        self._begins_ms = int(time.time() - BACK_S) * 1_000
        self._under_way: dict[int, float] = {}  # by seq or packet id, whichever answers
        self._seq = 0
        self.sending = False
        self.refused = 0
        self.latencies_s: list[float] = []

    @property
    def missing(self) -> int:
        """Messages without an answer."""
        return len(self._under_way)

    async def heard(self) -> None:
        """Send one message until it is answered: a server may still be about to subscribe."""
        while not self.came:
            self._under_way.clear()
            self._send()
            await asyncio.sleep(HEARD_EVERY_S)
        self.latencies_s.clear()
        self.came = 0

    def begin(self) -> None:
        """Fill the window."""
        self.sending = True
        for _ in range(self._order.window):
            self._send()

    def _send(self) -> None:
        self._seq += 1
        first_ms = self._begins_ms + 1_000 * self._seq * self._order.fixes
        fixes = [
            {"t": first_ms + 1_000 * n, "lon": 121.4 + self._seq % 9_000 / 1e5, "lat": 31.2,
             "spd": 4.5, "crs": 90, "acc": 8, "src": "gnss", "sat": 14}
            for n in range(self._order.fixes)
        ]  # fmt: skip
        payload = msgspec.json.encode({"v": 1, "seq": self._seq, "type": "fixes", "fixes": fixes})
        number = self._seq % 65_535 + 1
        self._under_way[self._seq if self._by_ack else number] = time.monotonic()
        self.write(packet(PUBLISH, 2, self._up + _ID.pack(number) + payload))

    def published(self, payload: bytes) -> None:
        """Our acknowledgement."""
        told = msgspec.json.decode(payload)
        self.refused += not told["ok"]
        if self._by_ack:
            self._answered(told["seq"])

    def acknowledged(self, number: int) -> None:
        """The broker's."""
        if not self._by_ack:
            self._answered(number)

    def _answered(self, key: int) -> None:
        sent_s = self._under_way.pop(key, None)
        if sent_s is None:
            return
        self.latencies_s.append(time.monotonic() - sent_s)
        self.came += 1
        if self.sending:
            self._send()


async def _connected(port: int, wires: list[Any]) -> None:
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(CONNECT_LIMIT_S):
        for wire in wires:
            await loop.create_connection(lambda wire=wire: wire, "127.0.0.1", port)
            await wire.ready


async def _handsets(order: Order) -> Sums:
    senders = [Sender(number, order) for number in range(order.handsets)]
    await _connected(order.port, senders)
    async with asyncio.timeout(CONNECT_LIMIT_S):
        await senders[0].heard()
    began_s, cpu_s = time.monotonic(), time.process_time()
    for sender in senders:
        sender.begin()
    await asyncio.sleep(order.seconds)
    answered = sum(sender.came for sender in senders)
    seconds, spent_s = time.monotonic() - began_s, time.process_time() - cpu_s
    until_s = time.monotonic() + DRAIN_S
    for sender in senders:
        sender.sending = False
    while any(sender.missing for sender in senders) and time.monotonic() < until_s:
        await asyncio.sleep(0.05)
    latencies_s = sorted(one for sender in senders for one in sender.latencies_s)
    return Sums(
        messages=answered,
        refused=sum(sender.refused for sender in senders),
        missing=sum(sender.missing for sender in senders),
        seconds=seconds,
        cpu_s=spent_s,
        p50_ms=latencies_s[len(latencies_s) // 2] * 1e3,
        p99_ms=latencies_s[len(latencies_s) * 99 // 100] * 1e3,
    )


async def _discard(order: Order, reader: asyncio.StreamReader) -> Sums:
    """Until standard input closes."""
    wire = Wire("bench-discard", f"{PREFIX}+/up")
    await _connected(order.port, [wire])
    print("ready", flush=True)
    await reader.read()
    return Sums(messages=wire.came, cpu_s=time.process_time())


async def _run() -> None:
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    order = msgspec.json.decode(await reader.readline(), type=Order)
    sums = await (_handsets(order) if order.role == "handsets" else _discard(order, reader))
    sys.stdout.write(msgspec.json.encode(sums).decode() + "\n")


if __name__ == "__main__":
    uvloop.run(_run())
