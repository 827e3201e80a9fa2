"""When a fault is there: a stated period, or a share of the time in pieces by chance."""

from __future__ import annotations

import random
from dataclasses import dataclass

from simulators.fleet.habits import Span


@dataclass(frozen=True, slots=True)
class Timing:
    """`since_s` to `until_s`, in it pieces of `piece_s` that fill the share `rate` (None: all)."""

    since_s: float
    until_s: float
    piece_s: float | None
    rate: float

    def spans(self, chance: random.Random) -> list[Span]:
        """The pieces, apart from each other: one in each slot of piece / rate seconds."""
        if self.piece_s is None:
            return [Span(self.since_s, self.until_s)]
        slot_s = self.piece_s / self.rate
        spans, start_s = [], self.since_s
        while start_s < self.until_s:
            from_s = start_s + chance.random() * (slot_s - self.piece_s)
            spans.append(Span(from_s, min(from_s + self.piece_s, self.until_s)))
            start_s += slot_s
        return [span for span in spans if span.to_s > span.from_s]
