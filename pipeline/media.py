"""Files of terminals on their way to disk and database, one after the other.

The gateway hands them in and goes on; the terminal gets its answer when the file and its row are
stored. At the cap, and while the database is away, it is told to send again.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol as Interface

import structlog

from model.uploads import TerminalFile
from protocols.contract import KnownDevice, ProtocolError, Upload
from storage.media import MediaProblem

_log = structlog.get_logger(__name__)

MAX_WAITING_BYTES = 64 << 20  # of all terminals together
AWAY = ProtocolError("away", "the file could not be stored now")
Settled = Callable[[Upload, ProtocolError | None], None]


class Archive(Interface):
    """What keeps files (`storage.terminal_media.TerminalMedia`)."""

    async def keep(self, file: TerminalFile) -> int:
        """Store durably. Raises MediaProblem for what is refused for good."""


@dataclass(slots=True)
class _Waiting:
    upload: Upload
    received_us: int
    settled: Settled


class MediaLoop:
    """Implements `pipeline.contract.Media`. Run `run()` as a task; cancel it to stop.

    `actual_device`: ids given out too early -> registered device.
    """

    def __init__(
        self, archive: Archive, actual_device: Mapping[int, KnownDevice] | None = None
    ) -> None:
        self._archive = archive
        self._actual_device = actual_device or {}
        self._waiting: deque[_Waiting] = deque()
        self._bytes = 0
        self._arrived = asyncio.Event()

    def submit(self, upload: Upload, received_us: int, settled: Settled) -> None:
        """Queue a file; above MAX_WAITING_BYTES it is turned away."""
        if self._bytes + len(upload.data) > MAX_WAITING_BYTES:
            settled(upload, AWAY)
            return
        self._bytes += len(upload.data)
        self._waiting.append(_Waiting(upload, received_us, settled))
        self._arrived.set()

    async def run(self) -> None:
        """Store until cancelled."""
        while True:
            await self._arrived.wait()
            while self._waiting:
                await self._store(self._waiting[0])
                self._bytes -= len(self._waiting.popleft().upload.data)
            self._arrived.clear()

    async def _store(self, waiting: _Waiting) -> None:
        error: ProtocolError | None = None
        try:
            await self._archive.keep(self._file(waiting))
        except MediaProblem as problem:
            error = ProtocolError(problem.code, str(problem))
        except Exception as problem:  # the disk is full, the database is away
            _log.warning("media_waits", identity=waiting.upload.identity, error=repr(problem))
            error = AWAY
        waiting.settled(waiting.upload, error)

    def _file(self, waiting: _Waiting) -> TerminalFile:
        upload = waiting.upload
        device = self._actual_device.get(upload.device.device_id, upload.device)
        return TerminalFile(
            device_id=device.device_id,
            media_number=upload.media_id,
            event=upload.event,
            channel=upload.channel,
            data=upload.data,
            received_us=waiting.received_us,
            taken_us=upload.time_us,
            longitude_e6=upload.longitude_e6,
            latitude_e6=upload.latitude_e6,
            note=upload.note,
            photo=upload.kind == "image",
        )
