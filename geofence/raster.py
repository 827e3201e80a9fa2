"""A coarse raster over each fence, so that most fixes need no exact test.

The box of every shape is cut into SIDE x SIDE cells. A cell through which no edge runs lies wholly
inside or wholly outside; fixes in cells that an edge crosses are tested exactly, so the raster
never changes an answer. A shape's cells are drawn when a fix first asks: most are never near one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geofence.geodesy import Floats

SIDE = 24  # of a round fence one cell in five is crossed by its edge
CELLS = SIDE * SIDE
MARGIN_DEG = 1e-9  # an edge counts for cells this near, too: far above rounding
_FINEST_MARGIN = 0.25  # of a cell; smaller shapes are tested exactly everywhere
DRAWN_AT_ONCE = 256  # shapes a call, 0.2 ms each: no batch waits long for the others
_UNKNOWN, _CROSSED, _OUTSIDE, _INSIDE = range(4)
_CHUNK = 65_536  # pieces of edges marked at once


class Raster:
    """Cells of shapes in degrees (None: lies nowhere), asked by (shape, place)."""

    def __init__(self, areas: NDArray[np.object_]) -> None:
        """`areas`: prepared geometries, kept."""
        self._areas = areas
        bounds = np.nan_to_num(shapely.bounds(areas)).reshape(-1, 4)
        self._west, self._south = bounds[:, 0].copy(), bounds[:, 1].copy()
        size = np.maximum(bounds[:, 2:] - bounds[:, :2], 1e-12)
        self._across, self._up = (SIDE / size).T.copy()
        self._cells = np.zeros(len(areas) * CELLS, np.int8)

    def contains(
        self, shape: NDArray[np.integer[Any]], longitude: Floats, latitude: Floats
    ) -> NDArray[np.bool_]:
        """Whether point i lies in areas[shape[i]], its edge included."""
        cell = self._cell(shape, longitude, latitude)
        known = self._cells[cell]
        inside: NDArray[np.bool_] = known == _INSIDE
        asked = np.flatnonzero(known < _OUTSIDE)
        if len(asked):
            some = shape[asked]
            inside[asked] = shapely.intersects_xy(
                self._areas[some], longitude[asked], latitude[asked]
            )
            for number in np.unique(some[known[asked] == _UNKNOWN])[:DRAWN_AT_ONCE].tolist():
                self._draw(number)
        return inside

    def _cell(
        self, shape: NDArray[np.integer[Any]], longitude: Floats, latitude: Floats
    ) -> NDArray[np.intp]:
        """Number of the cell; beside the box, that of the nearest one of the outermost.

        An outermost cell is never known to be inside: if the shape reaches it, so does an edge.
        """
        x = (longitude - self._west[shape]) * self._across[shape]
        y = (latitude - self._south[shape]) * self._up[shape]
        column = np.clip(x, 0, SIDE - 1).astype(np.intp)
        row = np.clip(y, 0, SIDE - 1).astype(np.intp)
        return np.asarray(shape * CELLS + row * SIDE + column, np.intp)

    def _draw(self, shape: int) -> None:
        cells = self._cells[shape * CELLS : (shape + 1) * CELLS]
        corner = np.array([self._west[shape], self._south[shape]])
        scale = np.array([self._across[shape], self._up[shape]])
        margin = MARGIN_DEG * scale
        if margin.max() > _FINEST_MARGIN:
            cells[:] = _CROSSED
            return
        # Rings of one shape follow each other: the line from one to the next is marked needlessly.
        xy = (shapely.get_coordinates(self._areas[shape]) - corner) * scale
        for start in range(0, max(len(xy) - 1, 1), _CHUNK):
            _mark(cells, xy[start : start + _CHUNK + 1], margin)
        free = np.flatnonzero(cells == _UNKNOWN)
        x, y = np.stack([free % SIDE, free // SIDE]) + 0.5
        inside = shapely.intersects_xy(
            self._areas[shape], corner[0] + x / scale[0], corner[1] + y / scale[1]
        )
        cells[free] = np.where(inside, _INSIDE, _OUTSIDE)


def _mark(cells: NDArray[np.int8], xy: Floats, margin: Floats) -> None:
    """Mark the cells about a line (in cells), cut into pieces of half a cell at most."""
    step = np.diff(xy, axis=0)
    count = np.maximum(np.ceil(2 * np.abs(step).max(1, initial=0)).astype(np.intp), 1)
    edge = np.repeat(np.arange(len(step)), count)
    number = np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count)
    begin = xy[edge] + step[edge] * (number / count[edge])[:, None]
    end = begin + step[edge] / count[edge][:, None]
    low = np.clip(np.minimum(begin, end) - margin, 0, SIDE - 1).astype(np.intp)
    high = np.clip(np.maximum(begin, end) + margin, 0, SIDE - 1).astype(np.intp)
    for column in (low[:, 0], high[:, 0]):
        for row in (low[:, 1], high[:, 1]):
            cells[row * SIDE + column] = _CROSSED
