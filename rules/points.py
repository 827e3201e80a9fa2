"""A point set in metres: which of its points a fix is near."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geofence.geodesy import LocalFrames
from model.fences import Fence
from model.position import Rows
from rules.roster import Roster


class Points:
    """A point set in metres, searched by a tree."""

    def __init__(self, fence: Fence) -> None:
        self.degrees = np.array([p[:2] for p in fence.geometry["coordinates"]], np.float64)
        self._frame = LocalFrames.about(*self.degrees.mean(0))
        self._reach_m = fence.radius_m or 0.0
        self._tree = shapely.STRtree(self._in_metres(*self.degrees.T))

    def near(self, rows: Rows, accuracy: NDArray[np.float64]) -> Iterable[tuple[int, int]]:
        """(row, point) where the point is within its radius and the fix's accuracy."""
        fixes = self._in_metres(rows["longitude_e6"] / 1e6, rows["latitude_e6"] / 1e6)
        reach_m = self._reach_m + accuracy
        row, point = self._tree.query(fixes, predicate="dwithin", distance=reach_m)
        return sorted(zip(row.tolist(), point.tolist(), strict=True))

    def _in_metres(self, longitude: NDArray[Any], latitude: NDArray[Any]) -> NDArray[np.object_]:
        origin = np.zeros(len(longitude), np.intp)
        x_m, y_m = self._frame.project(origin, longitude, latitude)
        return np.asarray(shapely.points(x_m, y_m), np.object_)


def points_of(roster: Roster, fences: Sequence[Fence], place: int) -> Points:
    """Made once a revision."""
    points: Points | None = roster.tables.get(f"points {place}")
    if points is None:
        points = roster.tables[f"points {place}"] = Points(fences[place])
    return points
