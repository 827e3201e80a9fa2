"""Columns of 64-bit integers as bytes that compress well, and back; all arithmetic modulo 2**64.

Each column is written as it is, as differences, or as differences of differences, whichever would
cost least; signs go into the lowest bit, so that small negative numbers have empty high bytes; then
all lowest bytes, all second ones, ... and the empty ones not at all.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Column = NDArray[np.int64]
ORDERS = (0, 1, 2)  # how often differences are taken
PLANE_COST = 4.0  # bytes until a coder knows how the bytes of a plane are distributed


def write_columns(columns: Sequence[Column]) -> tuple[list[int], bytes]:
    """(for each column: 16 times its order plus its bytes a value, all their bytes)."""
    kinds, parts = [], []
    for column in columns:
        cost = costs(column[:, None])[:, 0]
        order = int(cost.argmin())
        values = _folded(column, order)
        width = (int(values.max(initial=0)).bit_length() + 7) // 8
        kinds.append(16 * order + width)
        parts.append(values.astype("<u8").view(np.uint8).reshape(-1, 8)[:, :width].T.tobytes())
    return kinds, b"".join(parts)


def read_columns(kinds: Sequence[int], data: memoryview, count: int) -> list[Column]:
    """What `write_columns` was given: columns of so many values."""
    columns, place = [], 0
    for kind in kinds:
        order, width = divmod(kind, 16)
        values = np.zeros((count, 8), np.uint8)
        planes = np.frombuffer(data, np.uint8, width * count, place)
        values[:, :width] = planes.reshape(width, count).T
        columns.append(_unfolded(values.view("<u8")[:, 0], order))
        place += width * count
    return columns


def costs(columns: NDArray[np.int64]) -> NDArray[np.float64]:
    """Bytes that each column (of the second axis) would take, by order: entropy of its planes."""
    return np.array([_cost(_folded(columns, order)) for order in ORDERS])


def _folded(values: NDArray[np.int64], order: int) -> NDArray[np.uint64]:
    for _ in range(order):
        values = np.diff(values, axis=0, prepend=np.zeros_like(values[:1]))
    return ((values << 1) ^ (values >> 63)).view(np.uint64)


def _unfolded(folded: NDArray[np.uint64], order: int) -> Column:
    values = (folded >> np.uint64(1)).view(np.int64) ^ -(folded & np.uint64(1)).view(np.int64)
    for _ in range(order):
        values = np.cumsum(values)
    return values


def _cost(values: NDArray[np.uint64]) -> NDArray[np.float64]:
    rows, columns = values.shape
    places = np.arange(columns) << 8
    cost = np.zeros(columns)
    while values.any():
        keys = (values & np.uint64(0xFF)).view(np.int64) + places
        counts = np.bincount(keys.ravel(), minlength=columns << 8).reshape(columns, 256)
        bits = rows * np.log2(rows) - (counts * np.log2(np.maximum(counts, 1))).sum(1)
        cost += bits / 8 + PLANE_COST * (bits > 0)
        values = values >> np.uint64(8)
    return cost
