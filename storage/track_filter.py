"""Which fixes of a track are wanted: by speed, by what the work signals say, by source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from model.position import UNKNOWN, Rows
from model.signals import SIGNALS
from model.signals import field as signal_field


@dataclass(frozen=True, slots=True)
class TrackFilter:
    """None and empty: all. `signals`: signal name -> one of its words (`unknown` is one).

    A fix whose speed is unknown is in no range of speeds.
    """

    min_speed_kmh: float | None = None
    max_speed_kmh: float | None = None
    signals: Mapping[str, str] = field(default_factory=dict)
    fix_source: int | None = None

    @property
    def wants_all(self) -> bool:
        """Whether nothing is filtered out."""
        speeds = self.min_speed_kmh, self.max_speed_kmh
        return speeds == (None, None) and not self.signals and self.fix_source is None

    def wanted(self, rows: Rows) -> NDArray[np.bool_]:
        """For each row whether it passes."""
        keep = np.ones(len(rows), np.bool_)
        speed = rows["speed_kmh_e1"]
        if self.min_speed_kmh is not None:
            keep &= (speed != UNKNOWN) & (speed >= self.min_speed_kmh * 10)
        if self.max_speed_kmh is not None:
            keep &= (speed != UNKNOWN) & (speed <= self.max_speed_kmh * 10)
        for name, word in self.signals.items():
            states = [i for i, state in enumerate(SIGNALS[name].states) if state == word]
            keep &= np.isin(signal_field(rows["signals"], name), states)
        if self.fix_source is not None:
            keep &= rows["fix_source"] == self.fix_source
        return keep
