"""One rule's condition over all rows of a batch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rules.contract import NO, UNKNOWN, Column
from rules.episodes import Sample
from rules.fixes import numbers
from rules.view import View


@dataclass(slots=True)
class Judged:
    """Columns as in `rules.contract.Column`; `version`: 0 where the rule does not judge."""

    value: NDArray[np.int8]
    measure: NDArray[np.float64]
    fence: NDArray[np.int32]
    version: NDArray[np.int32]
    reasons: NDArray[np.object_]

    @staticmethod
    def nothing(count: int) -> Judged:
        """No row judged yet."""
        return Judged(
            np.full(count, NO, np.int8),
            np.full(count, np.nan),
            np.full(count, -1, np.int32),
            np.zeros(count, np.int32),
            np.full(count, "", object),
        )

    def blank(self, rows: slice) -> None:
        """As if no version were in force here."""
        self.value[rows], self.version[rows] = NO, 0

    def put(self, rows: NDArray[np.intp] | slice, column: Column) -> None:
        """A column over just these rows."""
        self.value[rows] = column.value
        self.measure[rows] = column.measure
        self.fence[rows] = column.fence
        if UNKNOWN in column.value:
            self.reasons[rows] = column.reason if column.reasons is None else column.reasons

    def samples(self, view: View, places: slice) -> list[tuple[Sample, str]]:
        """The fixes at these places as the episode machine sees them, and why they are unknown."""
        time_us, longitude_e6, latitude_e6 = numbers(view, "time_us", "longitude_e6", "latitude_e6")
        columns = (
            time_us[places],
            self.value[places].tolist(),
            self.measure[places].tolist(),
            longitude_e6[places],
            latitude_e6[places],
            self.fence[places].tolist(),
            self.version[places].tolist(),
            self.reasons[places].tolist(),
        )
        samples = []
        for *seen, fence, version, reason in zip(*columns, strict=True):
            known = (view.fences[fence].id, view.fences[fence].version) if fence >= 0 else (0, 0)
            samples.append((Sample(*(*seen, *known, version)), reason))
        return samples
