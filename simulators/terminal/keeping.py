"""Reports that wait for their acknowledgement, and when each is sent again. Standard 6.2, 6.3.

T(n+1) = T(n) x (n+1): after T, then after 2 T, then after 6 T ...
"""

from __future__ import annotations

from dataclasses import dataclass

MAX_UNACKNOWLEDGED = 30_000  # serials are 16 bits: more could not be told apart


@dataclass(slots=True)
class _Kept:
    frame: bytes
    sent_s: float
    wait_s: float
    tries: int = 0

    @property
    def due_s(self) -> float:
        return self.sent_s + self.wait_s


class Keeping:
    """By serial, the longest unanswered first."""

    def __init__(self) -> None:
        self._kept: dict[int, _Kept] = {}

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def due_s(self) -> float:
        """When the first is to be sent again."""
        return next(iter(self._kept.values())).due_s if self._kept else float("inf")

    def add(self, serial: int, frame: bytes, now_s: float, wait_s: float) -> None:
        """A report was sent, or is about to be. Raises OverflowError at the cap."""
        if len(self._kept) >= MAX_UNACKNOWLEDGED:
            raise OverflowError("the server acknowledges too little: the terminal's memory is full")
        self._kept[serial] = _Kept(frame, now_s, wait_s)

    def settle(self, serial: int) -> bool:
        """It is acknowledged; False: nothing waits under this serial."""
        return self._kept.pop(serial, None) is not None

    def overdue(self, now_s: float, retries: int) -> list[bytes] | None:
        """Frames to send again now, byte for byte; None: one was tried often enough."""
        again = []
        while self.due_s <= now_s:
            serial = next(iter(self._kept))
            kept = self._kept.pop(serial)
            if kept.tries >= retries:
                self._kept[serial] = kept
                return None
            kept.tries += 1
            kept.sent_s, kept.wait_s = now_s, kept.wait_s * (kept.tries + 1)
            self._kept[serial] = kept
            again.append(kept.frame)
        return again

    def begin_anew(self, now_s: float, wait_s: float) -> list[bytes]:
        """All frames, for a new connection; their tries count from here."""
        for kept in self._kept.values():
            kept.sent_s, kept.wait_s, kept.tries = now_s, wait_s, 0
        return [kept.frame for kept in self._kept.values()]

    def clear(self) -> None:
        """Keep nothing."""
        self._kept.clear()
