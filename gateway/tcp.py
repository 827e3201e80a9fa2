"""The TCP door: listens, caps the number of connections, and closes those that went silent.

What one connection does is in gateway/connection.py.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import monotonic

from gateway.connection import TcpConnection
from gateway.desk import Desk
from gateway.http import HttpDoor
from gateway.replying import Replying
from protocols.contract import TerminalProtocol

PAUSE_POLL_S = 0.02  # how soon paused sockets notice that there is room again
BACKLOG = 4_096
SLICE_S = 0.001  # of working off what came, before the loop looks at its sockets again


@dataclass(frozen=True, slots=True)
class TcpLimits:
    """The door's caps; names as in the settings of the gateway."""

    max_connections: int = 50_000
    max_buffer_bytes: int = 65_536
    idle_timeout_s: float = 300
    write_stall_s: float = 30


class TcpDoor:
    """One listening port. Several protocols: the first bytes of a stream decide.

    `register`: the protocol whose terminals speak here, if it is not the one that is spoken.
    """

    def __init__(
        self,
        desk: Desk,
        protocols: Sequence[TerminalProtocol],
        limits: TcpLimits | None = None,
        register: str = "",
    ) -> None:
        self.desk = desk
        self.protocols = tuple(protocols)
        self.limits = limits or TcpLimits()
        self.named: Mapping[str, str] = {}  # as gateway.recognition.session_of has it
        self.http: HttpDoor | None = None  # takes the connections that turn out to speak HTTP
        self.register = register
        self.connections: set[TcpConnection] = set()
        self._unread: deque[TcpConnection] = deque()
        self._unflushed: list[Replying] = []
        self._paused: set[TcpConnection] = set()
        self._slow: dict[TcpConnection, float] = {}  # paused until
        self._server: asyncio.Server | None = None
        self._sweeper: asyncio.Task[None] | None = None
        self._poll: asyncio.TimerHandle | None = None

    async def start(self, host: str, port: int) -> int:
        """Listen; returns the port (0 asks for a free one). Raises OSError when it is taken."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: TcpConnection(self), host, port, backlog=BACKLOG
        )
        self._sweeper = asyncio.create_task(self._sweep())
        return int(self._server.sockets[0].getsockname()[1])

    async def stop_listening(self) -> None:
        """Take no new connections and read no more; what was received is still acknowledged."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for connection in tuple(self.connections):
            connection.pause("stopping")
            connection.work()

    async def stop(self) -> None:
        """Close everything."""
        await self.stop_listening()
        if self._sweeper is not None:
            self._sweeper.cancel()
            await asyncio.gather(self._sweeper, return_exceptions=True)
            self._sweeper = None
        if self._poll is not None:
            self._poll.cancel()
            self._poll = None
        for connection in tuple(self.connections):
            connection.close("server_stopped")
        await asyncio.sleep(0)
        for connection in tuple(self.connections):
            connection.abort("server_stopped")
        await asyncio.sleep(0)

    def has_room(self) -> bool:
        """Whether another connection may come in."""
        return len(self.connections) < self.limits.max_connections

    def work_soon(self, connection: TcpConnection) -> None:
        """Work off what it has received, in its turn.

        Not at once: a thousand sockets that speak together would keep the loop from the database
        until the last of them is done.
        """
        if not self._unread:
            asyncio.get_running_loop().call_soon(self._work)
        self._unread.append(connection)

    def _work(self) -> None:
        until_s = monotonic() + SLICE_S
        while self._unread:
            self._unread.popleft().work()
            if monotonic() > until_s and self._unread:
                asyncio.get_running_loop().call_soon(self._work)
                return

    def flush_soon(self, connection: Replying) -> None:
        """Send its replies when all of this commit are settled."""
        if not self._unflushed:
            asyncio.get_running_loop().call_soon(self._flush_settled)
        self._unflushed.append(connection)

    def _flush_settled(self) -> None:
        connections, self._unflushed = self._unflushed, []
        for connection in connections:
            connection.flush_settled()

    def wait_for_room(self, connection: TcpConnection) -> None:
        """The connection is read again when the pipeline has room."""
        connection.pause("full")
        self._paused.add(connection)
        self._look_soon()

    def slow_down(self, connection: TcpConnection, early_s: float) -> None:
        """A device reports too fast: its connection is read again when it would be in time."""
        if connection not in self._slow:
            connection.pause("too_fast")
            self.desk.counters.add("too_fast.paused")
        until_s = asyncio.get_running_loop().time() + early_s
        self._slow[connection] = max(until_s, self._slow.get(connection, until_s))
        self._look_soon()

    def _look_soon(self) -> None:
        if self._poll is None:
            self._poll = asyncio.get_running_loop().call_later(PAUSE_POLL_S, self._resume)

    def _resume(self) -> None:
        self._poll = None
        while self._paused and not self.desk.ingest.full:
            self._paused.pop().resume("full")
        now_s = asyncio.get_running_loop().time()
        for connection in [c for c, until_s in self._slow.items() if until_s <= now_s]:
            del self._slow[connection]
            connection.resume("too_fast")
        if self._paused or self._slow:
            self._look_soon()

    def forget(self, connection: TcpConnection) -> None:
        """The connection is gone."""
        self.connections.discard(connection)
        self._paused.discard(connection)
        self._slow.pop(connection, None)

    async def _sweep(self) -> None:
        loop = asyncio.get_running_loop()
        pause_s = max(0.05, min(5.0, self.limits.idle_timeout_s / 4, self.limits.write_stall_s / 4))
        while True:
            await asyncio.sleep(pause_s)
            now_s = loop.time()
            for connection in tuple(self.connections):
                connection.check(now_s)
