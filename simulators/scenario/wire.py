"""Faults of the line: what becomes of frames between the terminal and the socket."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from simulators.fleet.habits import Span

_MARKS = (0x7E, 0x7D)


@dataclass(slots=True)
class Line:
    """One unit's line. Rates are shares of frames; `slow`: when it reads slowly.

    In seconds of the plan, `storms_s`: when its connection breaks; `restarts_s`: when the server
    at its other end is stopped and started.
    """

    chance: random.Random
    duplicates: float = 0.0
    damaged: float = 0.0
    bytewise: float = 0.0
    slow: tuple[Span, ...] = ()
    storms_s: tuple[float, ...] = ()
    restarts_s: tuple[float, ...] = ()

    def pieces(self, frames: Sequence[bytes]) -> list[bytes]:
        """What is written to the socket, piece by piece: one `write` each."""
        pieces: list[bytes] = []
        draw = self.chance.random
        for frame in frames:
            damaged, twice, slowly = draw(), draw(), draw()
            if damaged < self.damaged:
                pieces.append(self.spoil(frame))
            if slowly < self.bytewise:
                pieces += [frame[at : at + 1] for at in range(len(frame))]
            else:
                pieces.append(frame)
            if twice < self.duplicates:
                pieces.append(frame)
        return pieces

    def copies(self, payload: bytes) -> list[bytes]:
        """What is published of a message: a cut copy before it, a second one after it."""
        damaged, twice = self.chance.random(), self.chance.random()
        copies = [payload[: len(payload) // 2]] if damaged < self.damaged else []
        return [*copies, payload, *([payload] if twice < self.duplicates else [])]

    def spoil(self, frame: bytes) -> bytes:
        """The frame with one wrong byte inside: its check sum no longer fits."""
        broken = bytearray(frame)
        at = self.chance.randrange(2, len(frame) - 2)
        flip = self.chance.randrange(1, 256)
        while broken[at] in _MARKS or broken[at] ^ flip in _MARKS:
            at = 2 + (at - 1) % (len(frame) - 4)
            flip = flip % 255 + 1
        broken[at] ^= flip
        return bytes(broken)

    def breaks_between(self, from_s: float, to_s: float) -> bool:
        """Whether a storm hits in [from_s, to_s)."""
        return any(from_s <= storm_s < to_s for storm_s in self.storms_s)

    def is_slow(self, time_s: float) -> bool:
        """Whether the terminal reads slowly now."""
        return any(span.from_s <= time_s < span.to_s for span in self.slow)
