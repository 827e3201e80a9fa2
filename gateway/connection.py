"""One TCP connection: bytes to events, events to the pipeline, acknowledgements back.

Replies of reports leave when the pipeline says that they are settled; those of one commit leave in
one write. Reading pauses while the pipeline is full, while too many reports of this connection are
unacknowledged, while a device of it has reported too fast, and while the peer does not read what we
send.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

import structlog

from gateway.http_connection import speaks_http
from gateway.online import Key
from gateway.pacing import Pacing
from gateway.reactions import Reacting
from gateway.reading import NO_CAUSE
from gateway.recognition import recognise, session_of
from gateway.replying import MAX_UNACKNOWLEDGED, Replying
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

if TYPE_CHECKING:
    from gateway.tcp import TcpDoor

_log = structlog.get_logger(__name__)

MAX_BAD_IN_A_ROW = 1_000  # then the peer speaks something else
# Sessions cap what they keep themselves; a photo in many packages says nothing for a long while.
QUIET_BUFFERS = 64
WRITE_HIGH_WATER_BYTES = 65_536


class TcpConnection(Reacting, Replying, asyncio.Protocol):
    """Implements `gateway.online.Link`. Every way to end has a reason, which is counted."""

    __slots__ = (
        "_bad_in_a_row", "_causes", "_desk", "_door", "_ending", "_flush_planned", "_head",
        "_heard_s", "_loop", "_out", "_pacing", "_protocol", "_session", "_stalled_s",
        "_transport", "_unacknowledged", "_unparsed_bytes", "_unread", "peer",
    )  # fmt: skip

    def __init__(self, door: TcpDoor) -> None:
        super().__init__()
        self._door = door
        self._desk = door.desk
        self._loop = asyncio.get_running_loop()
        self._heard_s = self._loop.time()
        self._transport: asyncio.Transport | None = None
        self._protocol: TerminalProtocol | None = None
        self._session: Session | None = None
        self._unread = self._head = b""
        self._out: list[bytes] = []
        self._flush_planned = False
        self._pacing: Pacing | None = None
        self._causes = NO_CAUSE
        self._stalled_s: float | None = None
        self._ending: str | None = None
        self._unacknowledged = 0
        self._bad_in_a_row = 0
        self._unparsed_bytes = 0
        self.peer = ""

    @property
    def _name(self) -> str:  # type: ignore[override]
        return "" if self._protocol is None else self._protocol.name

    # What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A peer has connected. uvloop's transports are none of asyncio's classes, so no assert."""
        transport = cast(asyncio.Transport, transport)
        self._transport = transport
        address = transport.get_extra_info("peername") or ("?", 0)
        self.peer = f"{address[0]}:{address[1]}"
        self._desk.counters.add("connections_opened")
        if not self._door.has_room():
            self.abort("too_many_connections")
            return
        self._door.connections.add(self)
        transport.set_write_buffer_limits(high=WRITE_HIGH_WATER_BYTES)

    def data_received(self, data: bytes) -> None:
        """Bytes in, in any cut; they are worked off soon."""
        self._heard_s = self._loop.time()
        if self._unread:
            self._unread += data
            if len(self._unread) > self._door.limits.max_buffer_bytes:
                self.work()
        else:
            self._unread = data
            self._door.work_soon(self)

    def work(self) -> None:
        """Work off what has come."""
        data, self._unread = self._unread, b""
        if not data or self._ending is not None:
            return
        self._desk.counters.add("bytes_received", len(data))
        if self._session is None:
            data = self._recognise(data)
            if self._session is None:
                return
        now_us = self._desk.clock.now_us()
        try:
            events = self._session.receive_data(data, now_us)
        except Exception as error:
            events = self.failed(data, error)
        self._unparsed_bytes = 0 if events else self._unparsed_bytes + len(data)
        if self._unparsed_bytes > QUIET_BUFFERS * self._door.limits.max_buffer_bytes:
            events = [Bad(data, "unparsed", "no message in all that"), Close("unparsed")]
        self._react(events, now_us)
        if self._desk.ingest.full:
            self._door.wait_for_room(self)
        if self._unacknowledged >= MAX_UNACKNOWLEDGED:
            self.pause("unacknowledged")

    def eof_received(self) -> bool:
        """The peer sends no more, but may wait for replies: close when they have left."""
        self.work()
        if isinstance(self._session, EndingSession) and self._ending is None:
            now_us = self._desk.clock.now_us()
            try:
                events = self._session.finish(now_us)
            except Exception as error:
                events = self.failed(b"", error)
            self._react(events, now_us)
        if self._unacknowledged:
            self._ending = self._ending or "peer"
            return True
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone, whoever ended it; what has come is still stored."""
        self.work()
        reason = self._ending or ("peer" if exc is None else "reset")
        self._desk.counters.add(f"closed.{reason}")
        _log.debug("connection_closed", peer=self.peer, reason=reason)
        self._transport = self._session = None
        self._out.clear()
        self._door.forget(self)
        self.leave_all()

    def pause_writing(self) -> None:
        """The peer does not read what we send: take nothing more from it."""
        self._stalled_s = self._loop.time()
        self.pause("peer_not_reading")

    def resume_writing(self) -> None:
        """The peer reads again."""
        self._stalled_s = None
        self.resume("peer_not_reading")

    # What the rest of the gateway calls

    def send_command(self, identity: str, command_id: int, kind: str, body: dict[str, Any]) -> None:
        """Send a command now. Raises ProtocolError: offline, unsupported_command, too_long."""
        if self._session is None or self._ending is not None:
            raise ProtocolError("offline", "the connection is closing")
        self._out.append(self._session.command(identity, command_id, kind, body))
        self._flush()
        if isinstance(self._session, PacedSession) and self._session.waiting:
            self._pacing = self._pacing or Pacing(self._write_more)
            self._pacing.begin(self._session)

    def _write_more(self, data: bytes) -> int | None:
        """For `Pacing`."""
        if self._transport is None or self._ending is not None:
            return None
        self._out.append(data)
        self._flush()
        return self._transport.get_write_buffer_size()

    def moved(self, key: Key) -> None:
        """A newer connection carries this terminal; without any other this one is dead."""
        super().moved(key)
        if self.carries_none:
            self.close("taken_over")

    def check(self, now_s: float) -> None:
        """Close what is stalled or silent; a peer that waits for us is not silent."""
        limits = self._door.limits
        if self._stalled_s is not None and now_s - self._stalled_s > limits.write_stall_s:
            self.abort("write_stall")
        elif self.paused or self._unacknowledged:
            self._heard_s = now_s
        elif now_s - self._heard_s > limits.idle_timeout_s:
            if self._ending is None:
                self.close("idle")
            else:
                self.abort(self._ending)

    def close(self, reason: str) -> None:
        """End after what is written has left; `write_stall_s` later it is cut off."""
        if self._transport is None:
            return
        self._ending = self._ending or reason
        self._flush()
        if self._stalled_s is None and self._transport.get_write_buffer_size():
            self._stalled_s = self._loop.time()
        self._transport.close()

    def abort(self, reason: str) -> None:
        """End now."""
        if self._transport is not None:
            self._ending = self._ending or reason
            self._transport.abort()

    # Bytes in

    def _recognise(self, data: bytes) -> bytes:
        """Everything received so far once the protocol is known; until then it waits in `_head`."""
        head = self._head + data
        http = False if self._door.http is None else speaks_http(head)
        if http:
            self._hand_over(head)
            return head
        found = None if http is None else recognise(self._door.protocols, head)
        if isinstance(found, Bad):
            self._desk.refuse(found, "", self.peer, self._desk.clock.now_us())
            self.close(found.reason)
        elif found is None:
            self._head = head
        else:
            self._protocol, self._head = found, b""
            directory = self._desk.directory.of(self._door.register or found.name)
            self._session = session_of(found, directory, self.peer, self._door.named)
        return head

    def _hand_over(self, head: bytes) -> None:
        """The connection speaks HTTP: another door takes it with all that has come."""
        transport, self._transport = self._transport, None
        self._ending, self._head = "handed_over", b""
        self._door.forget(self)
        assert self._door.http is not None
        assert transport is not None
        self._door.http.adopt(transport, head)

    # Reactions to events

    def _react(self, events: list[Event], now_us: int) -> None:
        for event in events:
            self._reactions[type(event)](self, event, now_us)
            if self._ending is not None:
                break
        self._flush()

    def _send(self, event: Send, _now_us: int) -> None:
        self._bad_in_a_row = 0
        self._out.append(event.data)

    def _report(self, event: Report, now_us: int) -> None:
        self._bad_in_a_row = 0
        self._unacknowledged += 1
        self.heard(event.identity, event.device, now_us)
        early_s = self._desk.rate.take(event.device.device_id, self._heard_s)
        if early_s:
            self._door.slow_down(self, early_s)
        assert self._protocol is not None
        self._desk.ingest.submit(Pending(self._protocol, event, now_us, self.peer, self._settled))

    def _upload(self, event: Upload, now_us: int) -> None:
        self._bad_in_a_row = 0
        self._unacknowledged += 1
        if event.carries:
            self.heard(event.identity, event.device, now_us)
        self._desk.keep(event, now_us, self._settled)

    def _told(self, event: Told, now_us: int) -> None:
        self._bad_in_a_row = 0
        self._unacknowledged += 1
        self.heard(event.identity, event.device, now_us)
        self._desk.note(event, now_us, self._noted)

    def _bad(self, event: Bad, now_us: int) -> None:
        super()._bad(event, now_us)
        self._bad_in_a_row += 1
        if self._bad_in_a_row >= MAX_BAD_IN_A_ROW:
            self.close("bad_input")

    def _close(self, event: Close, _now_us: int) -> None:
        self.close(event.reason)
