"""Joins by device: what a table that is sorted by device holds of some of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.intp]


def entries_of(table: NDArray[np.integer], device: NDArray[np.integer]) -> tuple[Places, Places]:
    """Pairs (row, entry) with device[row] == table[entry], sorted by row, then entry."""
    first = np.searchsorted(table, device, "left")
    count = np.searchsorted(table, device, "right") - first
    if not count.any():
        return first[:0], first[:0]
    row = np.repeat(np.arange(len(device)), count)
    entry = np.arange(len(row)) - np.repeat(np.cumsum(count) - count - first, count)
    return row, entry


def find(
    table: NDArray[np.integer], device: NDArray[np.integer]
) -> tuple[Places, NDArray[np.bool_]]:
    """The entry of each device in a table without doubles, and whether it is there."""
    if not len(table):
        return np.zeros(len(device), np.intp), np.zeros(len(device), np.bool_)
    entry = np.minimum(np.searchsorted(table, device), len(table) - 1)
    return entry, table[entry] == device
