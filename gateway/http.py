"""The HTTP door: routes requests to the protocols that travel by HTTP, with caps and tokens.

What one connection does is in gateway/http_connection.py. TLS ends at a proxy before us.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

from gateway.desk import Desk
from gateway.http_connection import HttpConnection
from gateway.http_exchange import Exchange, Refusal
from gateway.rate_limit import RateLimit
from protocols.contract import Bad, ProtocolError, TerminalProtocol, Unregistered
from protocols.transports import OverHttp, Request

SWEEP_S = 1.0
BACKLOG = 1_024
MAX_IDENTITY_CHARACTERS = 64
RETRY_FULL_S = 5


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """The door's caps; names as in the settings of the gateway."""

    max_connections: int = 50_000
    max_body_bytes: int = 6 << 20
    request_timeout_s: float = 30  # of a request's bytes, from first to last
    answer_timeout_s: float = 60  # a commit may wait for the database; then the sender keeps it
    idle_timeout_s: float = 75  # between requests
    per_minute_address: int = 12_000  # a city's handsets may come through one proxy
    per_minute_terminal: int = 120
    require_tokens: bool = True


class HttpDoor:
    """`protocols`: those of all registered that travel by HTTP."""

    def __init__(
        self, desk: Desk, protocols: Iterable[TerminalProtocol], limits: HttpLimits | None = None
    ) -> None:
        self.desk = desk
        self.limits = limits or HttpLimits()
        self.connections: set[HttpConnection] = set()
        self._routes = sorted(
            ((path, p) for p in protocols if isinstance(p, OverHttp) for path in p.paths),
            key=lambda route: -len(route[0]),
        )
        self._addresses = RateLimit(self.limits.per_minute_address)
        self._terminals = RateLimit(self.limits.per_minute_terminal)
        self._server: asyncio.Server | None = None
        self._sweeper: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Be ready for connections that another door hands over."""
        self._sweeper = asyncio.create_task(self._sweep(), name="http sweeper")

    async def listen(self, host: str, port: int) -> int:
        """Listen on a port of our own, too; returns it. Raises OSError when it is taken."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: HttpConnection(self), host, port, backlog=BACKLOG
        )
        return int(self._server.sockets[0].getsockname()[1])

    async def stop_listening(self) -> None:
        """Take nothing more; what was received is still answered."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for connection in tuple(self.connections):
            connection.stop_reading()

    async def stop(self) -> None:
        """Close everything."""
        await self.stop_listening()
        if self._sweeper is not None:
            self._sweeper.cancel()
            await asyncio.gather(self._sweeper, return_exceptions=True)
            self._sweeper = None
        for connection in tuple(self.connections):
            connection.close("server_stopped")
        await asyncio.sleep(0)

    def adopt(self, transport: asyncio.Transport, head: bytes) -> None:
        """Take over a connection that turned out to speak HTTP."""
        connection = HttpConnection(self)
        transport.set_protocol(connection)
        connection.connection_made(transport)
        connection.data_received(head)

    def refusal_of(self, address: str) -> Refusal | None:
        """Why a request of this address is not even read."""
        wait_s = self._addresses.take(address, asyncio.get_running_loop().time())
        if wait_s:
            return Refusal(429, "too_many_requests", int(wait_s) + 1)
        if self.desk.ingest.full:
            return Refusal(503, "full", RETRY_FULL_S)
        return None

    def handle(self, request: Request, exchange: Exchange) -> Refusal | None:
        """Begin to answer a whole request; a refusal at once, or the exchange says when."""
        protocol = self._protocol_of(request.path)
        if protocol is None:
            return Refusal(404, "no_such_path")
        name = cast(TerminalProtocol, protocol).name
        now_us = self.desk.clock.now_us()
        try:
            addressed = protocol.address(request)
        except ProtocolError as error:
            bad = Bad(request.body or request.query.encode(), error.reason, error.detail)
            self.desk.refuse(bad, name, exchange.peer, now_us)
            return Refusal(400, error.reason)
        refusal = self._stranger(name, addressed.identity, addressed.secret, exchange.peer, now_us)
        if refusal is None:
            directory = self.desk.directory.of(name)
            session = protocol.session_for(directory, addressed.identity)
            exchange.begin(protocol, session, addressed, now_us)
        return refusal

    def _protocol_of(self, path: str) -> OverHttp | None:
        for prefix, protocol in self._routes:
            if path == prefix or (prefix != "/" and path.startswith(f"{prefix}/")):
                return cast(OverHttp, protocol)
        return None

    def _stranger(
        self, protocol: str, identity: str, secret: str | None, peer: str, now_us: int
    ) -> Refusal | None:
        """Why this sender is not listened to; None: it is who it says it is."""
        directory = self.desk.directory
        if not identity or len(identity) > MAX_IDENTITY_CHARACTERS:
            return Refusal(400, "no_identity")
        if directory.known(protocol, identity) is None and not directory.open:
            self.desk.stranger(Unregistered(identity), protocol, peer, now_us)
            return Refusal(403, "unregistered")
        must = self.limits.require_tokens and not directory.open
        if must and not directory.has_token(protocol, identity):
            return Refusal(401, "no_token_issued")
        if not directory.check_token(protocol, identity, secret):
            return Refusal(401, "wrong_token")
        wait_s = self._terminals.take(f"{protocol} {identity}", asyncio.get_running_loop().time())
        return Refusal(429, "too_many_requests", int(wait_s) + 1) if wait_s else None

    async def _sweep(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(SWEEP_S)
            for connection in tuple(self.connections):
                connection.check(loop.time())
