"""What receivers do to a unit's fixes: no satellites, or a place that stands still."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from model.position import FixSource
from simulators.fleet.habits import Span

Fixes = NDArray[np.void]


def rows_in(fixes: Fixes, spans: Sequence[Span]) -> NDArray[np.bool_]:
    """Which fixes lie in any of the spans."""
    rows = np.zeros(len(fixes), np.bool_)
    for span in spans:
        rows |= (fixes["time_s"] >= span.from_s) & (fixes["time_s"] < span.to_s)
    return rows


@dataclass(slots=True)
class NoFix:
    """A receiver without satellites: the last known place, marked as no fix."""

    spans: Sequence[Span]

    def apply(self, fixes: Fixes) -> Fixes:
        """Mark what lies in the spans."""
        rows = rows_in(fixes, self.spans)
        fixes["fix_source"][rows] = int(FixSource.NONE)
        fixes["satellites"][rows] = 0
        return fixes


@dataclass(slots=True)
class Frozen:
    """The receiver repeats its last place while time, speed and odometer run on."""

    spans: Sequence[Span]
    _held: dict[Span, tuple[int, int]] = field(default_factory=dict)

    def apply(self, fixes: Fixes) -> Fixes:
        """Hold the first place of each span."""
        for span in self.spans:
            rows = np.flatnonzero(rows_in(fixes, [span]))
            if not len(rows):
                continue
            first = fixes[rows[0]]
            place = (int(first["longitude_e6"]), int(first["latitude_e6"]))
            place = self._held.setdefault(span, place)
            fixes["longitude_e6"][rows], fixes["latitude_e6"][rows] = place
        return fixes
