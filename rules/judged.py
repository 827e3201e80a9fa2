"""One rule's condition over all rows of a batch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rules.contract import NO, Column


@dataclass(slots=True)
class Judged:
    """Columns as in `rules.contract.Column`; `relevant`: rows that the rule judges at all."""

    value: NDArray[np.int8]
    measure: NDArray[np.float64]
    fence: NDArray[np.int32]
    version: NDArray[np.int32]
    relevant: NDArray[np.bool_]
    reasons: NDArray[np.object_]

    @staticmethod
    def nothing(count: int) -> Judged:
        """No row judged yet."""
        return Judged(
            np.full(count, NO, np.int8),
            np.full(count, np.nan),
            np.full(count, -1, np.int32),
            np.zeros(count, np.int32),
            np.zeros(count, np.bool_),
            np.full(count, "", object),
        )

    def blank(self, rows: slice) -> None:
        """As if no version were in force here."""
        self.value[rows], self.version[rows], self.relevant[rows] = NO, 0, False

    def put(self, rows: NDArray[np.bool_] | slice, column: Column) -> None:
        """A column over just these rows."""
        self.value[rows] = column.value
        self.measure[rows] = column.measure
        self.fence[rows] = column.fence
        self.reasons[rows] = column.reason if column.reasons is None else column.reasons
