"""Whether a connection's socket is read: any number of causes may pause it, each ends by name."""

from __future__ import annotations

import asyncio

_NO_CAUSE: frozenset[str] = frozenset()  # one for all: an empty set of one's own is 216 bytes


class Reading:
    """Pauses the transport while at least one cause holds."""

    __slots__ = ("_causes", "_transport")

    def __init__(self) -> None:
        self._causes = _NO_CAUSE
        self._transport: asyncio.Transport | None = None

    @property
    def paused(self) -> bool:
        """Whether we do not listen to the peer just now."""
        return bool(self._causes)

    def begin(self, transport: asyncio.Transport) -> None:
        """The transport to pause and resume."""
        self._transport = transport

    def end(self) -> None:
        """The transport is gone."""
        self._transport = None

    def pause(self, cause: str) -> None:
        """Stop reading for this cause."""
        if not self._causes and self._transport is not None:
            self._transport.pause_reading()
        self._causes |= {cause}

    def resume(self, cause: str) -> None:
        """The cause is over; read on if it was the last."""
        if self._causes:
            self._causes -= {cause}
            if not self._causes and self._transport is not None:
                self._transport.resume_reading()
