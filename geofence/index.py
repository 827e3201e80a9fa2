"""Where is each fix: one indexed call a batch for all devices and fences.

Fences live in one STRtree in degrees; points and lines are buffered in metres in a frame of their
own (`geofence.metric`). The tree gives candidates by box, prepared geometries decide, and the
validity of the fence at the fix time is compared afterwards: all three are single vectorised calls,
and faster together than the tree's own exact query. A shape across longitude 180 must be cut
there, as RFC 7946 demands.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from geofence.metric import MetricShapes
from geofence.shapes import GEOMETRY_OF
from model.fences import Fence
from model.position import FixSource, Rows

MAX_MASKS = 1_000  # distinct (ids, tags) selections kept; rules name far fewer


@dataclass(slots=True)
class Membership:
    """Pairs (row, fence): row[i] lies in fences[fence[i]], which was in force at its fix time.

    Sorted by row, then fence. Rows whose fix_source is NONE are in no pair.
    """

    row: NDArray[np.intp]
    fence: NDArray[np.int32]

    def rows_inside(self, fences: NDArray[np.bool_], count: int) -> NDArray[np.bool_]:
        """For `count` rows: whether the row lies in any fence marked in `fences`."""
        inside = np.zeros(count, np.bool_)
        inside[self.row[fences[self.fence]]] = True
        return inside

    def first_inside(self, fences: NDArray[np.bool_], count: int) -> NDArray[np.int32]:
        """For `count` rows: the first fence marked in `fences` that contains it, or -1."""
        first = np.full(count, -1, np.int32)
        chosen = fences[self.fence]
        # Written backwards, so that of equal rows the first fence stays.
        first[self.row[chosen][::-1]] = self.fence[chosen][::-1]
        return first


class FenceIndex:
    """An index over fence versions; build once a rulebook revision.

    A fence whose stored geometry cannot be used lies nowhere, its distances are NaN, and `broken`
    says why, by place in `fences`: one bad row must not stop the judging of all others.
    """

    def __init__(self, fences: Sequence[Fence]) -> None:
        self.fences = tuple(fences)
        self._shapes = MetricShapes(self.fences)
        self.broken: dict[int, str] = self._shapes.broken
        self._areas = self._shapes.areas()
        shapely.prepare(self._areas)
        self._tree = shapely.STRtree(self._areas)
        self._from_us = np.array([fence.valid_from_us for fence in self.fences], np.int64)
        self._to_us = np.array([fence.valid_to_us for fence in self.fences], np.int64)
        self._masks: dict[tuple[frozenset[int], frozenset[str]], NDArray[np.bool_]] = {}

    def __len__(self) -> int:
        return len(self.fences)

    def locate(self, rows: Rows) -> Membership:
        """All (row, fence) pairs of a batch in one indexed call."""
        usable = np.flatnonzero(rows["fix_source"] != FixSource.NONE)
        longitude = rows["longitude_e6"][usable] / 1e6
        latitude = rows["latitude_e6"][usable] / 1e6
        place, fence = self._tree.query(shapely.points(longitude, latitude))
        row = usable[place]
        time_us = rows["time_us"][row]
        keep = (time_us >= self._from_us[fence]) & (time_us < self._to_us[fence])
        place, fence, row = place[keep], fence[keep], row[keep]
        keep = shapely.intersects_xy(self._areas[fence], longitude[place], latitude[place])
        order = np.sort(row[keep] * max(len(self), 1) + fence[keep])
        return Membership(
            (order // max(len(self), 1)).astype(np.intp),
            (order % max(len(self), 1)).astype(np.int32),
        )

    def distance_m(self, fence: int, rows: Rows) -> NDArray[np.float64]:
        """Metres from each fix to the fence (0 inside), right at any latitude, validity ignored."""
        return self.distances_m(np.full(len(rows), fence, np.intp), rows)

    def distances_m(self, fence: NDArray[np.integer], rows: Rows) -> NDArray[np.float64]:
        """`distance_m` for pairs: metres from rows[i] to fences[fence[i]], in one call."""
        return self._shapes.distance_m(
            np.asarray(fence, np.intp), rows["longitude_e6"] / 1e6, rows["latitude_e6"] / 1e6
        )

    def progress_m(self, fence: int, rows: Rows) -> NDArray[np.float64]:
        """Metres along a route (or corridor) to the place nearest to each fix."""
        return self._along_m(fence, rows)[0]

    def lateral_m(self, fence: int, rows: Rows) -> NDArray[np.float64]:
        """Metres beside a route's line, positive to the right of its direction of travel."""
        return self._along_m(fence, rows)[1]

    def length_m(self, fence: int) -> float:
        """Length of a line; 0 for points, the way round for areas; NaN where broken."""
        return self._shapes.length_m(fence)

    def _along_m(self, fence: int, rows: Rows) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        if GEOMETRY_OF[self.fences[fence].shape] != "LineString":
            raise ValueError(f"a {self.fences[fence].shape} has no direction: use a route")
        return self._shapes.along_m(fence, rows["longitude_e6"] / 1e6, rows["latitude_e6"] / 1e6)

    def in_force(self, fence: NDArray[np.integer], time_us: NDArray[np.int64]) -> NDArray[np.bool_]:
        """For pairs: whether fences[fence[i]] was in force at time_us[i]."""
        valid = (time_us >= self._from_us[fence]) & (time_us < self._to_us[fence])
        return np.asarray(valid, np.bool_)

    def marked(self, ids: Iterable[int] = (), tags: Iterable[str] = ()) -> NDArray[np.bool_]:
        """Which fences have one of these ids or one of these tags. Do not write into it."""
        key = frozenset(ids), frozenset(tags)
        mask = self._masks.get(key)
        if mask is None:
            if len(self._masks) >= MAX_MASKS:
                self._masks.clear()
            mask = np.array(
                [f.id in key[0] or not key[1].isdisjoint(f.tags) for f in self.fences], np.bool_
            )
            self._masks[key] = mask
        return mask
