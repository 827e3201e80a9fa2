"""Long commands leave as the line takes them, so that acknowledgements pass between."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from protocols.contract import PacedSession

PIECE_BYTES = 16_384
PACE_S = 0.05  # a piece each time, if the line has taken the one before: 320 KB a second at most


class Pacing:
    """`write` sends bytes and returns how many the line has not taken yet; None: it is gone."""

    __slots__ = ("_loop", "_running", "_write")

    def __init__(self, write: Callable[[bytes], int | None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._write = write
        self._running = False

    def begin(self, session: PacedSession) -> None:
        """Send what waits, unless that is under way."""
        if not self._running and session.waiting:
            self._running = True
            self._loop.call_later(PACE_S, self._next, session)

    def _next(self, session: PacedSession) -> None:
        untaken = self._write(b"")
        if untaken == 0:
            untaken = self._write(session.more(PIECE_BYTES))
        self._running = untaken is not None and session.waiting
        if self._running:
            self._loop.call_later(PACE_S, self._next, session)
