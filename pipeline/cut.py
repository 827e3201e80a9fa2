"""What the next commit stores: prepared in pieces, most of them while the last commit runs."""

from __future__ import annotations

from dataclasses import dataclass, field

from model.frames import Quarantined, RawFrame
from model.position import PositionBatch
from pipeline.contract import Pending
from pipeline.prepare import Prepared
from protocols.contract import ProtocolError


@dataclass(slots=True)
class Cut:
    """Reports in the order in which they came, and what `Preparation` made of them."""

    reports: list[Pending] = field(default_factory=list)
    errors: dict[int, ProtocolError] = field(default_factory=dict)
    frames: list[RawFrame] = field(default_factory=list)
    quarantined: list[Quarantined] = field(default_factory=list)
    duplicates: int = 0
    _batches: list[PositionBatch] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.reports)

    def add(self, reports: list[Pending], prepared: Prepared) -> None:
        """A further piece."""
        self.errors |= {len(self) + at: error for at, error in prepared.errors.items()}
        self.reports += reports
        self.frames += prepared.frames
        self.quarantined += prepared.quarantined
        self.duplicates += prepared.duplicates
        self._batches.append(prepared.batch)

    def batch(self) -> PositionBatch:
        """All rows."""
        return PositionBatch.join(self._batches)
