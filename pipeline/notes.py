"""Messages of terminals on their way to the database: all that wait go in one transaction.

At the cap, and while the database is away, a terminal is told to send again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol as Interface

import msgspec
import structlog

from model.uploads import TerminalMessage
from protocols.contract import KnownDevice, ProtocolError, Told

_log = structlog.get_logger(__name__)

MAX_WAITING = 10_000  # messages of all terminals together
MAX_BATCH = 1_000
MAX_CONTENT_BYTES = 256 << 10  # of one message as JSON
AWAY = ProtocolError("away", "the message could not be stored now")
Settled = Callable[[Told, ProtocolError | None], None]


class Archive(Interface):
    """What keeps messages (`storage.terminal_messages.TerminalMessages`)."""

    async def keep(self, messages: Sequence[TerminalMessage]) -> None:
        """Store durably, all or none."""


@dataclass(slots=True)
class _Waiting:
    told: Told
    received_us: int
    settled: Settled


class NoteLoop:
    """Implements `pipeline.contract.Notes`. Run `run()` as a task; cancel it to stop.

    `actual_device`: ids given out too early -> registered device. `register_newcomers` is awaited
    before each write: a message of a unit that has no row yet would find no place.
    """

    def __init__(
        self,
        archive: Archive,
        actual_device: Mapping[int, KnownDevice] | None = None,
        register_newcomers: Callable[[], Awaitable[object]] | None = None,
    ) -> None:
        self._archive = archive
        self._register_newcomers = register_newcomers
        self._actual_device = actual_device or {}
        self._waiting: list[_Waiting] = []
        self._arrived = asyncio.Event()

    def submit(self, told: Told, received_us: int, settled: Settled) -> None:
        """Queue a message; above MAX_WAITING it is turned away."""
        if len(self._waiting) >= MAX_WAITING:
            settled(told, AWAY)
            return
        size = len(msgspec.json.encode(told.values))
        if size > MAX_CONTENT_BYTES:
            detail = f"{size} bytes of {told.name}, at most {MAX_CONTENT_BYTES} are kept"
            settled(told, ProtocolError("too_long", detail))
            return
        self._waiting.append(_Waiting(told, received_us, settled))
        self._arrived.set()

    async def run(self) -> None:
        """Store until cancelled."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            while self._waiting:
                batch = self._waiting[:MAX_BATCH]
                del self._waiting[:MAX_BATCH]
                await self._store(batch)

    async def _store(self, batch: Sequence[_Waiting]) -> None:
        error: ProtocolError | None = None
        try:
            if self._register_newcomers is not None:
                await self._register_newcomers()
            await self._archive.keep([self._message(one) for one in batch])
        except Exception as problem:  # the database is away
            _log.warning("messages_wait", count=len(batch), error=repr(problem))
            error = AWAY
        for one in batch:
            one.settled(one.told, error)

    def _message(self, waiting: _Waiting) -> TerminalMessage:
        told = waiting.told
        device = self._actual_device.get(told.device.device_id, told.device)
        return TerminalMessage(device.device_id, told.name, told.values, waiting.received_us)
