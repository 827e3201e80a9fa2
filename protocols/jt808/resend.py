"""Commands that get no answer are sent again, byte for byte. JT/T 808-2013 6.1.1.

The wait after the n-th repetition is the one before, times n + 1. Only for commands that a general
answer ends: those with an answer of their own may take long.
"""

from __future__ import annotations

from dataclasses import dataclass

WAITS_US = (10_000_000, 20_000_000, 60_000_000)  # before the first repetition, the second, the end
MAX_UNANSWERED = 1_000  # of a connection; the oldest is no longer followed
Key = tuple[str, int]  # identity, our serial


@dataclass(slots=True)
class _Unanswered:
    data: bytes
    sent_us: int
    repeated: int = 0


class Resending:
    """The commands of one connection that wait for their general answer."""

    __slots__ = ("_open",)

    def __init__(self) -> None:
        self._open: dict[Key, _Unanswered] = {}

    @property
    def waiting(self) -> bool:
        return bool(self._open)

    def sent(self, key: Key, data: bytes, now_us: int) -> None:
        """A command has left."""
        self._open[key] = _Unanswered(data, now_us)
        while len(self._open) > MAX_UNANSWERED:
            del self._open[next(iter(self._open))]

    def answered(self, key: Key) -> None:
        """Its answer is here, whatever it says."""
        self._open.pop(key, None)

    def due(self, now_us: int) -> list[bytes]:
        """What to send again now; what was repeated often enough is followed no more."""
        again = []
        for key, command in list(self._open.items()):
            if now_us - command.sent_us < WAITS_US[command.repeated]:
                continue
            if command.repeated == len(WAITS_US) - 1:
                del self._open[key]
                continue
            command.repeated, command.sent_us = command.repeated + 1, now_us
            again.append(command.data)
        return again
