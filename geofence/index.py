"""Where is each fix: one indexed call a batch for all devices and fences.

Fences live in degrees; points and lines are buffered in metres in a frame of their own
(`geofence.metric`). A grid of boxes gives a point's candidates (`geofence.grid`), an STRtree a
line's; the validity of the fence at the fix time is compared, and a raster over each fence answers
for most fixes (`geofence.raster`); prepared geometries decide about the rest. All are vectorised
calls. A shape across longitude 180 must be cut there, as RFC 7946 demands.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from geofence.geodesy import ground_distance_m
from geofence.layers import Layers
from geofence.shapes import GEOMETRY_OF
from model.fences import Fence
from model.position import FixSource, Rows, rows_at

MAX_GAP_S, MAX_GAP_M = 120.0, 3_000.0  # of a straight line between two fixes: 90 km/h
_LEAST_DEGREE_M = 110_000.0  # of latitude and, at the equator, of longitude: both are longer
_BOX_SLACK_M = 1.0  # a buffered ring is nowhere so much short of its circle
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
    """An index over fence versions, for one rulebook revision; `replaced` makes the next one.

    A fence whose stored geometry cannot be used lies nowhere, its distances are NaN, and `broken`
    says why, by place in `fences`: one bad row must not stop the judging of all others.
    """

    def __init__(self, fences: Sequence[Fence], layers: Layers | None = None) -> None:
        self.fences = tuple(fences)
        self._layers = layers or Layers.of(self.fences)
        self.broken: dict[int, str] = self._layers.broken()
        self._from_us = np.array([fence.valid_from_us for fence in self.fences], np.int64)
        self._to_us = np.array([fence.valid_to_us for fence in self.fences], np.int64)
        self._masks: dict[tuple[frozenset[int], frozenset[str]], NDArray[np.bool_]] = {}

    def replaced(self, fences: Sequence[Fence]) -> FenceIndex:
        """An index over these fences that shares with this one what has not changed.

        It answers as a new index over `fences` would; this one stays as it is.
        """
        return FenceIndex(fences, self._layers.replaced(fences))

    def __len__(self) -> int:
        return len(self.fences)

    def locate(self, rows: Rows) -> Membership:
        """All (row, fence) pairs of a batch in one indexed call."""
        usable = np.flatnonzero(rows["fix_source"] != FixSource.NONE)
        longitude = rows["longitude_e6"][usable] / 1e6
        latitude = rows["latitude_e6"][usable] / 1e6
        place, fence = self._layers.holding(longitude, latitude)
        keep = self.in_force(fence, rows["time_us"][usable[place]])
        place, fence = place[keep], fence[keep]
        keep = self._layers.contains(fence, longitude[place], latitude[place])
        return self._sorted(usable[place[keep]], fence[keep])

    def relocated(self, known: Membership, rows: Rows, moved: NDArray[np.intp]) -> Membership:
        """As `locate`, where `known` holds for all rows but those that were `moved`."""
        found = self.locate(rows_at(rows, moved))
        stayed = np.ones(len(rows), np.bool_)
        stayed[moved] = False
        keep = stayed[known.row]
        row = np.concatenate([known.row[keep], moved[found.row]])
        return self._sorted(row, np.concatenate([known.fence[keep], found.fence]))

    def boxes_within(
        self, rows: Rows, within_m: float
    ) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Pairs (row, fence in force) whose boxes are at most so far apart, and some farther."""
        x, y = rows["longitude_e6"] / 1e6, rows["latitude_e6"] / 1e6
        up = (within_m + _BOX_SLACK_M) / _LEAST_DEGREE_M
        across = up / np.cos(np.radians(np.minimum(np.abs(y) + up, 89)))
        row, fence = self._layers.candidates(shapely.box(x - across, y - up, x + across, y + up))
        keep = self.in_force(fence, rows["time_us"][row])
        return row[keep], fence[keep]

    def crossings(
        self, rows: Rows, max_gap_s: float = MAX_GAP_S, max_gap_m: float = MAX_GAP_M
    ) -> Membership:
        """Pairs (row, fence): between the fix before and rows[row] the device has passed through
        the fence in a straight line, though neither end lies in it.

        Rows are sorted by device and time; those without position are left out. Farther apart in
        time or place, two fixes say nothing. The fence was in force at both.
        """
        usable = np.flatnonzero(rows["fix_source"] != FixSource.NONE)
        before, after = usable[:-1], usable[1:]
        steps = _near_steps(rows, before, after, max_gap_s, max_gap_m)
        before, after = before[steps], after[steps]
        x, y = rows["longitude_e6"] / 1e6, rows["latitude_e6"] / 1e6
        ends = np.stack([x[before], y[before], x[after], y[after]], -1)
        lines = shapely.linestrings(ends.reshape(-1, 2, 2))
        step, fence = self._layers.candidates(lines)
        keep = shapely.intersects(self._layers.areas[fence], lines[step])
        step, fence = step[keep], fence[keep]
        keep = np.ones(len(step), np.bool_)
        for end in (before[step], after[step]):
            keep &= self.in_force(fence, rows["time_us"][end])
            keep &= ~self._layers.contains(fence, x[end], y[end])
        return self._sorted(after[step[keep]], fence[keep])

    def _sorted(self, row: NDArray[np.intp], fence: NDArray[np.integer]) -> Membership:
        count = max(len(self), 1)
        order = np.sort(row * count + fence)
        return Membership((order // count).astype(np.intp), (order % count).astype(np.int32))

    def distance_m(self, fence: int, rows: Rows) -> NDArray[np.float64]:
        """Metres from each fix to the fence (0 inside), right at any latitude, validity ignored."""
        return self.distances_m(np.full(len(rows), fence, np.intp), rows)

    def distances_m(self, fence: NDArray[np.integer], rows: Rows) -> NDArray[np.float64]:
        """`distance_m` for pairs: metres from rows[i] to fences[fence[i]], in one call."""
        return self._layers.distance_m(
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
        shapes, number = self._layers.shapes_of(fence)
        return shapes.length_m(number)

    def _along_m(self, fence: int, rows: Rows) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        if GEOMETRY_OF[self.fences[fence].shape] != "LineString":
            raise ValueError(f"a {self.fences[fence].shape} has no direction: use a route")
        shapes, number = self._layers.shapes_of(fence)
        return shapes.along_m(number, rows["longitude_e6"] / 1e6, rows["latitude_e6"] / 1e6)

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


def _near_steps(
    rows: Rows,
    before: NDArray[np.intp],
    after: NDArray[np.intp],
    max_gap_s: float,
    max_gap_m: float,
) -> NDArray[np.bool_]:
    """Which steps are of one device, and short enough in time and place."""
    x, y = rows["longitude_e6"], rows["latitude_e6"]
    near = rows["device_id"][before] == rows["device_id"][after]
    near &= rows["time_us"][after] - rows["time_us"][before] <= max_gap_s * 1e6
    near &= (x[before] != x[after]) | (y[before] != y[after])
    ends = (x[before] / 1e6, y[before] / 1e6, x[after] / 1e6, y[after] / 1e6)
    return np.asarray(near & (ground_distance_m(*ends) <= max_gap_m), np.bool_)
