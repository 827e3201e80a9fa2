"""What happens to the events of a session on a link that carries terminals, TCP or UDP alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import structlog

from gateway.carrying import Carrying
from protocols.contract import (
    Answered,
    Bad,
    Close,
    Event,
    Offline,
    Online,
    Report,
    Send,
    Told,
    Unregistered,
    Upload,
)

_log = structlog.get_logger(__name__)


# Event: its method. Those that make something leave are the link's own, the others stand below.
_METHODS: dict[type[Event], str] = {
    Send: "_send",
    Report: "_report",
    Upload: "_upload",
    Told: "_told",
    Online: "_online",
    Offline: "_offline",
    Unregistered: "_unregistered",
    Answered: "_answered",
    Bad: "_bad",
    Close: "_close",
}


class Reacting(Carrying):
    """Base of a link: one reaction an event."""

    __slots__ = ()
    _reactions: ClassVar[dict[type[Event], Callable[[Any, Any, int], None]]]

    def __init_subclass__(cls) -> None:
        cls._reactions = {event: getattr(cls, name) for event, name in _METHODS.items()}

    def _online(self, event: Online, now_us: int) -> None:
        self._desk.directory.introduce(self._name, event.identity, event.details, now_us)
        self.enter(event.identity, event.device, now_us)
        self._desk.counters.add("logins")

    def _offline(self, event: Offline, _now_us: int) -> None:
        self.leave(event.identity)

    def _unregistered(self, event: Unregistered, now_us: int) -> None:
        self._desk.stranger(event, self._name, self.peer, now_us)

    def _answered(self, event: Answered, now_us: int) -> None:
        self._desk.answer(event, self._name, now_us)

    def _bad(self, event: Bad, now_us: int) -> None:
        self._desk.refuse(event, self._name, self.peer, now_us)

    def failed(self, data: bytes, error: Exception) -> list[Event]:
        """A decoder's own fault must not take the server with it."""
        _log.exception("session_failed", peer=self.peer, data=data[:255].hex())
        return [Bad(data, "session_failed", repr(error)[:500]), Close("session_failed")]
