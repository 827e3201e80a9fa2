"""Which boxes hold a point, for many points at once: a grid of cells, each with its boxes.

A tree needs a geometry a point and is walked for each; here all points are looked up in a few
calls on columns. Cells are as large as most boxes are, or larger, so that no list grows long.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geofence.geodesy import Floats

Numbers = NDArray[np.intp]
CELLS_A_BOX = 16  # on average, at most, and so many in all
_LEAST_CELLS = 1_024
_LEAST_CELL_DEG = 1e-5


class Grid:
    """Boxes (west, south, east, north in degrees), asked by point; NaN: the box holds nothing."""

    def __init__(self, boxes: Floats) -> None:
        self._west, self._south, self._east, self._north = boxes.T.copy()
        sound = np.flatnonzero(~np.isnan(boxes).any(1))
        low, high = boxes[sound, :2], boxes[sound, 2:]
        self._corner = low.min(0, initial=180.0)
        extent = np.maximum(high.max(0, initial=-180.0) - self._corner, 0.0)
        sizes = np.append((high - low).max(1), _LEAST_CELL_DEG)
        self._cell_deg = max(float(np.median(sizes)), _LEAST_CELL_DEG)
        self._size = (extent // self._cell_deg).astype(np.intp) + 1
        most = CELLS_A_BOX * len(sound) + _LEAST_CELLS
        while self._size.prod() > most or self._spans(low, high).prod(1).sum() > most:
            self._cell_deg *= 2
            self._size = (extent // self._cell_deg).astype(np.intp) + 1
        self._list(sound, low, high)

    def holding(self, longitude: Floats, latitude: Floats) -> tuple[Numbers, Numbers]:
        """Pairs (point, box): the box, its edge included, holds the point; sorted by point."""
        cell = self._cells(longitude, 0) + self._size[0] * self._cells(latitude, 1)
        first = self._first[cell]
        count = self._first[cell + 1] - first
        point = np.repeat(np.arange(len(cell)), count)
        entry = np.arange(len(point)) + np.repeat(first - np.cumsum(count) + count, count)
        box, x, y = self._listed[entry], longitude[point], latitude[point]
        keep = (x >= self._west[box]) & (x <= self._east[box])
        keep &= (y >= self._south[box]) & (y <= self._north[box])
        return point[keep], box[keep]

    def _cells(self, degrees: Floats, axis: int) -> Numbers:
        """Columns (axis 0) or rows of the grid; beyond it the outermost."""
        place = (degrees - self._corner[axis]) / self._cell_deg
        return np.asarray(np.clip(place, 0, self._size[axis] - 1).astype(np.intp))

    def _spans(self, low: Floats, high: Floats) -> Numbers:
        """Over how many columns and rows each box reaches."""
        spans = [self._cells(high[:, i], i) - self._cells(low[:, i], i) + 1 for i in (0, 1)]
        return np.stack(spans, -1)

    def _list(self, number: Numbers, low: Floats, high: Floats) -> None:
        """The boxes of each cell: `_listed[_first[cell] : _first[cell + 1]]`."""
        spans = self._spans(low, high)
        count = spans.prod(1)
        box = np.repeat(np.arange(len(number)), count)
        nth = np.arange(len(box)) - np.repeat(np.cumsum(count) - count, count)
        up, across = np.divmod(nth, spans[box, 0])
        cell = self._cells(low[box, 0], 0) + across
        cell += self._size[0] * (self._cells(low[box, 1], 1) + up)
        self._listed = number[box[np.argsort(cell, kind="stable")]]
        self._first = np.append(0, np.cumsum(np.bincount(cell, minlength=self._size.prod())))
