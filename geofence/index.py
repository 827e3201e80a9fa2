"""Where is each fix: one indexed call a batch for all devices and fences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.fences import Fence
from model.position import Rows


@dataclass(slots=True)
class Membership:
    """Pairs (row, fence): row[i] lies in fences[fence[i]], which was in force at its fix time.

    Sorted by row. Rows whose fix_source is NONE are in no pair.
    """

    row: NDArray[np.intp]
    fence: NDArray[np.int32]

    def rows_inside(self, fences: NDArray[np.bool_], count: int) -> NDArray[np.bool_]:
        """For `count` rows: whether the row lies in any fence marked in `fences`."""
        inside = np.zeros(count, np.bool_)
        inside[self.row[fences[self.fence]]] = True
        return inside


class FenceIndex:
    """An index over fence versions; build once a rulebook revision."""

    def __init__(self, fences: Sequence[Fence]) -> None:
        raise NotImplementedError

    def locate(self, rows: Rows) -> Membership:
        """All (row, fence) pairs of a batch in one indexed call."""
        raise NotImplementedError

    def distance_m(self, fence: int, rows: Rows) -> NDArray[np.float64]:
        """Metres from each fix to the fence (0 inside), right at any latitude, validity ignored."""
        raise NotImplementedError
