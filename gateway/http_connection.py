"""One HTTP connection: bytes to requests by h11, one request at a time, answers back.

While a request waits for its commit nothing more is read. Every way to end has a reason, which is
counted, as of other connections.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from typing import TYPE_CHECKING, cast
from urllib.parse import unquote, urlsplit

import h11

from gateway.http_exchange import Answer, Exchange, Refusal, refusal_answer
from gateway.reading import NO_CAUSE, Reading
from protocols.transports import Request

if TYPE_CHECKING:
    from gateway.http import HttpDoor

MAX_HEAD_BYTES = 16_384  # request line and headers
METHODS = (b"GET", b"POST", b"PUT")
_STARTS = tuple(method + b" " for method in METHODS)


def speaks_http(head: bytes) -> bool | None:
    """Whether a stream that starts so is ours; None: more bytes are needed."""
    if head.startswith(_STARTS):
        return True
    return None if any(start.startswith(head) for start in _STARTS) else False


class HttpConnection(Reading, asyncio.Protocol):
    """Made by the door for each connection, also for one that another door hands over."""

    def __init__(self, door: HttpDoor) -> None:
        self._door = door
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._wire = h11.Connection(h11.SERVER, max_incomplete_event_size=MAX_HEAD_BYTES)
        self._causes = NO_CAUSE
        self._head: h11.Request | None = None
        self._body: list[bytes] = []
        self._body_bytes = 0
        self._waiting: Exchange | None = None
        self._since_s = self._loop.time()
        self._begun = False  # a request's first byte is here, its last is not
        self._ending: str | None = None
        self._stopping = False
        self.peer = ""

    # What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A peer has connected, or was handed over."""
        self._transport = cast(asyncio.Transport, transport)
        host, port, *_ = transport.get_extra_info("peername") or ("?", 0)
        self._address, self.peer = str(host), f"{host}:{port}"
        self._door.desk.counters.add("http_connections")
        if len(self._door.connections) >= self._door.limits.max_connections:
            self.close("too_many_connections")
            return
        self._door.connections.add(self)

    def data_received(self, data: bytes) -> None:
        """Bytes in, in any cut."""
        if self._ending is not None:
            return
        self._door.desk.counters.add("bytes_received", len(data))
        if not self._begun and self._waiting is None:
            self._begun, self._since_s = True, self._loop.time()
        self._wire.receive_data(data)
        self._pump()

    def eof_received(self) -> bool:
        """The peer sends no more but may wait for its answer."""
        return self._waiting is not None

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone, whoever ended it."""
        reason = self._ending or ("peer" if exc is None else "reset")
        self._door.desk.counters.add(f"closed.{reason}")
        self._door.connections.discard(self)
        self._transport = None

    # What the door calls

    def stop_reading(self) -> None:
        """For a graceful stop: what was received is still answered."""
        self._stopping = True
        self.pause("stopping")

    def close(self, reason: str) -> None:
        """End after what is written has left."""
        self._ending = self._ending or reason
        if self._transport is not None:
            self._transport.close()

    def check(self, now_s: float) -> None:
        """End what takes too long."""
        limits, took_s = self._door.limits, now_s - self._since_s
        if self._ending is not None:
            if took_s > limits.answer_timeout_s and self._transport is not None:
                self._transport.abort()
        elif self._waiting is not None:
            if took_s > limits.answer_timeout_s:
                self._refuse(Refusal(503, "not_stored_in_time", 10), last=True)
        elif self._begun:
            if took_s > limits.request_timeout_s:
                self._refuse(Refusal(408, "request_timeout"), last=True)
        elif took_s > limits.idle_timeout_s:
            self.close("idle")

    # Bytes to requests

    def _pump(self) -> None:
        while self._waiting is None and self._ending is None:
            try:
                event = self._wire.next_event()
            except h11.RemoteProtocolError:
                self._refuse(Refusal(400, "bad_request"), last=True)
                return
            if event is h11.NEED_DATA or event is h11.PAUSED:
                self._go_on()
                return
            if isinstance(event, h11.ConnectionClosed):
                self.close("peer")
                return
            self._take(event)

    def _take(self, event: object) -> None:
        match event:
            case h11.Request():
                self._begin(event)
            case h11.Data(data=data):
                self._body.append(bytes(data))
                self._body_bytes += len(data)
                if self._body_bytes > self._door.limits.max_body_bytes:
                    self._refuse(Refusal(413, "too_large"), last=True)
            case h11.EndOfMessage():
                self._handle()

    def _begin(self, head: h11.Request) -> None:
        """Refuse what is known to be refused before its body is read."""
        self._head, self._body, self._body_bytes = head, [], 0
        self._door.desk.counters.add("http_requests")
        refusal = self._door.refusal_of(self._address)
        length = next((v for name, v in head.headers if name == b"content-length"), b"0")
        if head.method not in METHODS:
            refusal = Refusal(405, "method_not_allowed")
        elif int(length) > self._door.limits.max_body_bytes:
            refusal = Refusal(413, "too_large")
        if refusal is not None:
            self._refuse(refusal, last=True)

    def _go_on(self) -> None:
        if self._wire.they_are_waiting_for_100_continue:
            self._write(h11.InformationalResponse(status_code=100, headers=[]))

    def _handle(self) -> None:
        assert self._head is not None
        self._begun, self._since_s = False, self._loop.time()
        request = _request(self._head, b"".join(self._body))
        self._body = []
        exchange = self._waiting = Exchange(self._door.desk, self.peer, self._answered)
        self.pause("answering")
        refusal = self._door.handle(request, exchange)
        if refusal is not None:
            self._refuse(refusal)

    # Answers to bytes

    def _answered(self, answer: Answer) -> None:
        self._respond(answer)

    def _refuse(self, refusal: Refusal, *, last: bool = False) -> None:
        self._door.desk.counters.add(f"http_refused.{refusal.reason}")
        self._respond(refusal_answer(refusal), last=last)

    def _respond(self, answer: Answer, *, last: bool = False) -> None:
        """Answer the request under way; `last`: and end the connection."""
        if self._transport is None or self._ending is not None:
            self._door.desk.counters.add("acknowledgements_undeliverable")
            return
        self._waiting = None
        last = last or self._stopping
        headers = [
            (b"content-type", answer.content_type.encode()),
            (b"content-length", b"%d" % len(answer.body)),
        ]
        if answer.status == 401:
            headers.append((b"www-authenticate", b'Basic realm="xunji"'))
        if answer.retry_s is not None:
            headers.append((b"retry-after", b"%d" % answer.retry_s))
        if last:
            headers.append((b"connection", b"close"))
        self._write(h11.Response(status_code=answer.status, headers=headers))
        self._write(h11.Data(data=answer.body))
        self._write(h11.EndOfMessage())
        if last or self._wire.our_state is h11.MUST_CLOSE:
            self.close("refused" if answer.status >= 400 else "answered")
            return
        self._wire.start_next_cycle()
        self._begun, self._since_s = False, self._loop.time()
        self.resume("answering")
        self._loop.call_soon(self._pump)

    def _write(self, event: h11.Event) -> None:
        data = self._wire.send(event)
        if data and self._transport is not None:
            self._transport.write(data)


def _request(head: h11.Request, body: bytes) -> Request:
    target = urlsplit(head.target.decode("latin-1"))
    headers = {name.decode("ascii"): value.decode("latin-1") for name, value in head.headers}
    username, secret = _login(headers.pop("authorization", ""))
    method = head.method.decode("ascii")
    return Request(method, unquote(target.path), target.query, headers, body, username, secret)


def _login(header: str) -> tuple[str | None, str | None]:
    """User and password (Basic), or a bearer token alone."""
    kind, _, value = header.partition(" ")
    if kind.lower() == "bearer":
        return None, value.strip()
    if kind.lower() != "basic":
        return None, None
    try:
        text = base64.b64decode(value.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None, None
    username, _, password = text.partition(":")
    return username, password
