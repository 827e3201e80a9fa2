"""The UDP door: datagrams to sessions by the sender's address, replies to where they came from.

A session belongs to an address as it belongs to a TCP connection, until it has been silent for
long. UDP cannot be told to wait: at the pipeline's cap datagrams are dropped and counted, above a
device's rate its reports, and a terminal that gets no acknowledgement sends again.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import structlog

from gateway.desk import Desk
from gateway.rate_limit import RateLimit
from gateway.reactions import Reacting
from gateway.recognition import recognise, session_of
from pipeline.contract import Pending
from protocols.contract import (
    Bad,
    Close,
    EndingSession,
    Event,
    PacedSession,
    ProtocolError,
    Report,
    Send,
    Session,
    TerminalProtocol,
    Told,
    Upload,
)

_log = structlog.get_logger(__name__)
Address = tuple[str, int]

MAX_SOURCES = 50_000  # addresses with a session; the one silent for longest goes first
FINISH_S = 2.0  # a source quiet for so long has said what it had to say of this moment
SWEEP_S = 1.0


@dataclass(frozen=True, slots=True)
class UdpLimits:
    """The door's caps; names as in the settings of the gateway."""

    per_minute_address: int = 12_000
    idle_timeout_s: float = 300


class UdpSource(Reacting):
    """Implements `gateway.online.Link` for one address."""

    __slots__ = (
        "_address", "_desk", "_door", "_name", "finished", "heard_s", "peer", "protocol", "session",
    )  # fmt: skip

    def __init__(
        self, door: UdpDoor, address: Address, protocol: TerminalProtocol, session: Session
    ) -> None:
        super().__init__()
        self.peer = f"{address[0]}:{address[1]}"
        self.session = session
        self.protocol = protocol
        self.heard_s = 0.0
        self.finished = True
        self._door, self._address = door, address
        self._desk, self._name = door.desk, protocol.name

    def say(self, data: bytes) -> None:
        """Send a datagram back."""
        if data:
            self._door.send(data, self._address)

    def send_command(self, identity: str, command_id: int, kind: str, body: dict[str, Any]) -> None:
        """Send a command now. Raises ProtocolError: unsupported_command, too_long."""
        data = self.session.command(identity, command_id, kind, body)
        if isinstance(self.session, PacedSession) and self.session.waiting:
            raise ProtocolError("too_long", "a command of this length goes over TCP only")
        self.say(data)

    def react(self, events: Sequence[Event], now_us: int) -> None:
        """What the session made of a datagram."""
        for event in events:
            self._reactions[type(event)](self, event, now_us)

    def _send(self, event: Send, _now_us: int) -> None:
        self.say(event.data)

    def _report(self, event: Report, now_us: int) -> None:
        self.heard(event.identity, event.device, now_us)
        if self._desk.rate.refuse(event.device.device_id, self.heard_s):
            self._desk.counters.add("too_fast.udp_dropped")
            return
        pending = Pending(self.protocol, event, now_us, self.peer, self._settled)
        self._desk.ingest.submit(pending)

    def _upload(self, event: Upload, now_us: int) -> None:
        self.heard(event.identity, event.device, now_us)
        self._desk.keep(event, now_us, self._settled)

    def _told(self, event: Told, now_us: int) -> None:
        self._desk.note(event, now_us, lambda told, error: self.say(told.reply(error)))

    def _settled(self, report: Report | Upload, error: ProtocolError | None) -> None:
        self.say(self.session.acknowledge(report, error))

    def _close(self, event: Close, _now_us: int) -> None:
        self._door.forget(self._address, event.reason)


class UdpDoor(asyncio.DatagramProtocol):
    """One port. `named`: addresses whose terminals name themselves nowhere -> identity."""

    def __init__(
        self,
        desk: Desk,
        protocols: Sequence[TerminalProtocol],
        limits: UdpLimits | None = None,
        named: Mapping[str, str] | None = None,
    ) -> None:
        self.desk = desk
        self._protocols = tuple(protocols)
        self._limits = limits or UdpLimits()
        self._named = named or {}
        self._sources: OrderedDict[Address, UdpSource] = OrderedDict()
        self._rate = RateLimit(self._limits.per_minute_address)
        self._transport: asyncio.DatagramTransport | None = None
        self._sweeper: asyncio.Task[None] | None = None
        self._closing = False

    async def start(self, host: str, port: int) -> int:
        """Listen; returns the port (0 asks for a free one). Raises OSError when it is taken."""
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(host, port))
        self._transport = transport
        self._sweeper = asyncio.create_task(self._sweep(), name="udp sweeper")
        return int(transport.get_extra_info("sockname")[1])

    def stop_receiving(self) -> None:
        """Take nothing more; what was received is still acknowledged, its last moment too."""
        if not self._closing:
            self._finish_quiet(float("inf"))
        self._closing = True

    async def stop(self) -> None:
        """Close."""
        self.stop_receiving()
        if self._sweeper is not None:
            self._sweeper.cancel()
            await asyncio.gather(self._sweeper, return_exceptions=True)
        for address in tuple(self._sources):
            self.forget(address, "server_stopped")
        if self._transport is not None:
            self._transport.close()

    def send(self, data: bytes, address: Address) -> None:
        """A datagram out."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(data, address)

    def forget(self, address: Address, reason: str) -> None:
        """End the session of an address."""
        source = self._sources.pop(address, None)
        if source is not None:
            source.leave_all()
            self.desk.counters.add(f"udp_closed.{reason}")

    def error_received(self, exc: Exception) -> None:
        """A reply found nobody."""
        self.desk.counters.add("udp_errors")
        _log.debug("udp_error", error=repr(exc))

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        """One datagram, which is never part of a message but may be several."""
        counters, now_s = self.desk.counters, asyncio.get_running_loop().time()
        counters.add("udp_datagrams")
        counters.add("bytes_received", len(data))
        address = cast(Address, (addr[0], addr[1]))
        if self._closing or self._rate.take(address[0], now_s):
            counters.add("udp_dropped.rate")
        elif self.desk.ingest.full:
            counters.add("udp_dropped.full")
        elif data:
            self._take(data, address, now_s)

    def _take(self, data: bytes, address: Address, now_s: float) -> None:
        now_us = self.desk.clock.now_us()
        source = self._sources.get(address) or self._begin(data, address, now_us)
        if source is None:
            return
        if address in self._sources:
            self._sources.move_to_end(address)
        source.heard_s, source.finished = now_s, False
        end = getattr(source.protocol, "datagram_end", b"")  # of protocols that wait for one
        whole = data if data.endswith(end) else data + end
        self._react(source, partial(source.session.receive_data, whole), data, now_us)

    def _begin(self, data: bytes, address: Address, now_us: int) -> UdpSource | None:
        peer = f"{address[0]}:{address[1]}"
        found = recognise(self._protocols, data)
        if found is None:
            found = Bad(data, "unrecognised", "no protocol starts like this")
        if isinstance(found, Bad):
            self.desk.refuse(found, "", peer, now_us)
            return None
        session = session_of(found, self.desk.directory.of(found.name), peer, self._named)
        source = self._sources[address] = UdpSource(self, address, found, session)
        if len(self._sources) > MAX_SOURCES:
            self.forget(next(iter(self._sources)), "too_many_sources")
        return source

    def _react(
        self, source: UdpSource, said: Callable[[int], list[Event]], data: bytes, now_us: int
    ) -> None:
        try:
            events = said(now_us)
        except Exception as error:
            events = source.failed(data, error)
        source.react(events, now_us)

    async def _sweep(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(SWEEP_S)
            self._finish_quiet(loop.time())

    def _finish_quiet(self, now_s: float) -> None:
        """Sessions that hold something back give it up; silent addresses are forgotten."""
        now_us = self.desk.clock.now_us()
        for address, source in tuple(self._sources.items()):
            quiet_s = now_s - source.heard_s
            if quiet_s > FINISH_S and not source.finished:
                source.finished = True
                if isinstance(source.session, EndingSession):
                    self._react(source, source.session.finish, b"", now_us)
            if self._limits.idle_timeout_s < quiet_s < float("inf"):
                self.forget(address, "idle")
