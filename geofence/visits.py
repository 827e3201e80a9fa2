"""Who was in a fence, when: fixes inside it and straight lines through it, joined to visits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geofence.index import FenceIndex
from model.position import Rows

APART_S = 60.0  # out of it for longer, and it is another visit


@dataclass(frozen=True, slots=True)
class Visit:
    """From the first to the last touch. `first`, `last`: places in the rows; between them may lie
    fixes outside."""

    device_id: int
    from_us: int
    to_us: int
    first: int
    last: int


def visits(index: FenceIndex, rows: Rows, apart_s: float = APART_S) -> list[Visit]:
    """Visits to any fence of the index, by device and time; rows are sorted by device and time.

    A line that passes through between two fixes is a touch at the second one.
    """
    touched = np.union1d(index.locate(rows).row, index.crossings(rows).row)
    if not len(touched):
        return []
    devices, times = rows["device_id"][touched], rows["time_us"][touched]
    breaks = (np.diff(devices) != 0) | (np.diff(times) > apart_s * 1e6)
    starts = np.concatenate(([0], np.flatnonzero(breaks) + 1))
    ends = np.concatenate((np.flatnonzero(breaks), [len(touched) - 1]))
    columns = devices[starts], times[starts], times[ends], touched[starts], touched[ends]
    return [Visit(*values) for values in zip(*(c.tolist() for c in columns), strict=True)]
