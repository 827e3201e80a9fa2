"""One reader of the live WebSocket: what waits for it, and the sending of it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import msgspec
from fastapi import WebSocket

if TYPE_CHECKING:
    from api.access import Caller

POSITIONS_EVERY_S = 0.5
STATUS_EVERY_S = 5.0
SEND_LIMIT_S = 10.0
MAX_WAITING_EVENTS = 500  # positions do not queue up: the latest of a device replaces the older

Message = dict[str, Any]


class SlowClient(Exception):
    """The client does not read what it is sent."""


class Client:
    """Bounded buffers of one connection; the relay fills them, `send_waiting` empties them."""

    def __init__(self, socket: WebSocket, caller: Caller) -> None:
        self.caller = caller
        self.closing: str | None = None
        self._socket = socket
        self._positions: dict[int, Message] = {}
        self._events: deque[Message] = deque()
        self._something = asyncio.Event()

    def sees(self, *organisation_ids: int | None) -> bool:
        """Whether any of these organisations is in the caller's scope."""
        return any(self.caller.sees(organisation_id) for organisation_id in organisation_ids)

    def offer_positions(self, positions: Iterable[Message]) -> None:
        """Latest positions of devices that the caller sees."""
        self._positions.update((position["device_id"], position) for position in positions)

    def offer_event(self, event: Message) -> None:
        """A message to send at once; a client with too many waiting is to be closed."""
        if len(self._events) >= MAX_WAITING_EVENTS:
            self.close("too slow: too many messages are waiting")
            return
        self._events.append(event)
        self._something.set()

    def close(self, why: str) -> None:
        """End the connection at the next turn."""
        self.closing = self.closing or why
        self._something.set()

    async def wait(self, seconds: float) -> None:
        """Until there is an event, or the time is over."""
        try:
            async with asyncio.timeout(seconds):
                await self._something.wait()
        except TimeoutError:
            return

    async def send_events(self) -> None:
        """Send what waits but for positions. Raises SlowClient."""
        self._something.clear()
        while self._events:
            await self.send(self._events.popleft())

    async def send_positions(self) -> None:
        """Send the positions gathered since the last time. Raises SlowClient."""
        if self._positions:
            positions, self._positions = list(self._positions.values()), {}
            await self.send({"type": "positions", "positions": positions})

    async def send(self, message: Message) -> None:
        """Send one message. Raises SlowClient when the socket takes nothing for SEND_LIMIT_S."""
        try:
            async with asyncio.timeout(SEND_LIMIT_S):
                await self._socket.send_text(msgspec.json.encode(message).decode())
        except TimeoutError as error:
            raise SlowClient from error
