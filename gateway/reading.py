"""Whether a connection's socket is read: any number of causes may pause it, each ends by name."""

from __future__ import annotations

import asyncio

NO_CAUSE: frozenset[str] = frozenset()  # one for all: an empty set of one's own is 216 bytes


class Reading:
    """Base of a connection: its transport is paused while at least one cause holds.

    Its `_causes`, a slot of its own, begin as NO_CAUSE.
    """

    __slots__ = ()

    _causes: frozenset[str]
    _transport: asyncio.Transport | None

    @property
    def paused(self) -> bool:
        """Whether we do not listen to the peer just now."""
        return bool(self._causes)

    def pause(self, cause: str) -> None:
        """Read no more while this cause holds; what was received is still acknowledged."""
        if not self._causes and self._transport is not None:
            self._transport.pause_reading()
        self._causes |= {cause}  # type: ignore[misc]

    def resume(self, cause: str) -> None:
        """The cause is over; read on if it was the last."""
        if self._causes:
            self._causes -= {cause}  # type: ignore[misc]
            if not self._causes and self._transport is not None:
                self._transport.resume_reading()
