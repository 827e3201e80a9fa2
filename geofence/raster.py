"""A coarse raster over each fence, so that most fixes need no exact test.

The box of every shape is cut into SIDE x SIDE cells. A cell through which no edge runs lies wholly
inside or wholly outside: the first fix in it is tested exactly and settles it for all later ones.
Fixes in cells that an edge crosses are always tested exactly, so the raster never changes an
answer. Cells are marked when a fix first asks for the shape: most fences are never near one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geofence.geodesy import Floats

SIDE = 24  # one fix in seven of those in a box still needs the exact test
CELLS = SIDE * SIDE
# An edge counts for cells this near, too: metric copies of a shape differ by a few centimetres,
# and a cell that is inside must be inside in metres as well.
MARGIN_DEG = 2e-6
_FINEST_MARGIN = 0.25  # of a cell; smaller shapes are tested exactly everywhere
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
        self._made = np.zeros(len(areas), np.bool_)

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
            exact = shapely.intersects_xy(self._areas[some], longitude[asked], latitude[asked])
            inside[asked] = exact
            new = known[asked] == _UNKNOWN
            if new.any():
                self._settle(some[new], cell[asked[new]], exact[new])
        return inside

    def surely_inside(
        self, shape: NDArray[np.integer[Any]], longitude: Floats, latitude: Floats
    ) -> NDArray[np.bool_]:
        """Whether point i is known to lie in areas[shape[i]], away from every edge."""
        known = self._cells[self._cell(shape, longitude, latitude)] == _INSIDE
        return np.asarray(known, np.bool_)

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

    def _settle(
        self, shape: NDArray[np.integer[Any]], cell: NDArray[np.intp], inside: NDArray[np.bool_]
    ) -> None:
        for number in np.unique(shape[~self._made[shape]]):
            self._mark_edges(int(number))
        free = self._cells[cell] != _CROSSED
        self._cells[cell[free]] = np.where(inside[free], _INSIDE, _OUTSIDE)

    def _mark_edges(self, shape: int) -> None:
        self._made[shape] = True
        cells = self._cells[shape * CELLS : (shape + 1) * CELLS]
        scale = np.array([self._across[shape], self._up[shape]])
        margin = MARGIN_DEG * scale
        if margin.max() > _FINEST_MARGIN:
            cells[:] = _CROSSED
            return
        # Rings of one shape follow each other: the line from one to the next is marked needlessly.
        xy = shapely.get_coordinates(self._areas[shape])
        xy = (xy - (self._west[shape], self._south[shape])) * scale
        for start in range(0, max(len(xy) - 1, 1), _CHUNK):
            _mark(cells, xy[start : start + _CHUNK + 1], margin)


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
