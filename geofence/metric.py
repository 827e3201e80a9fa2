"""Fence shapes in metres: each in a frame about its own centre, many in one vectorised call.

Lines are straight in longitude and latitude, as GeoJSON says; long pieces are cut to at most
`STEP_DEG` first, so that they are straight on the ground too. Circles and corridors are buffered
with so many vertices that the ring is nowhere more than `tolerance_m` off.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
import shapely
from numpy.typing import NDArray

from geofence.geodesy import Floats, LocalFrames
from geofence.shapes import GEOMETRY_OF, REACH_OF
from model.fences import Fence

Geometries = NDArray[np.object_]
STEP_DEG = 0.01  # 1.1 km: its bow at 60 degrees north is 4 cm
LEAST_TOLERANCE_M = 0.05
TOLERANCE_SHARE = 0.0003  # of the radius
LOOK_M = 1.0  # a line's direction at a place is that from so far behind to so far ahead
CHUNK = 65_536  # vertices turned back into degrees at once: stays in the cache, 3 times faster


class MetricShapes:
    """Geometries in degrees (None where broken), their frames, and metric copies when needed."""

    def __init__(self, fences: Sequence[Fence]) -> None:
        self.broken: dict[int, str] = {}
        self._given = _parse([fence.geometry for fence in fences])
        self._reach_m = np.zeros(len(fences))
        for i, fence in enumerate(fences):
            self._admit(i, fence)
        self._sound = np.array([g is not None for g in self._given], np.bool_)
        bounds = np.nan_to_num(shapely.bounds(self._given)).reshape(-1, 4)
        self._frames = LocalFrames.about(
            (bounds[:, 0] + bounds[:, 2]) / 2, (bounds[:, 1] + bounds[:, 3]) / 2
        )
        self._metric = np.full(len(fences), None, np.object_)
        self._made = np.zeros(len(fences), np.bool_)

    def areas(self) -> Geometries:
        """Areas in degrees for the tree: polygons as given, points and lines buffered."""
        areas = self._given.copy()
        round_ones = np.flatnonzero(self._reach_m > 0)
        segments = quadrant_segments(self._reach_m[round_ones])
        for count in np.unique(segments):
            which = round_ones[segments == count]
            rings = shapely.buffer(
                self._in_metres(which), self._reach_m[which], quad_segs=int(count)
            )
            areas[which] = self._to_degrees(rings, which)
        return areas

    def distance_m(self, fence: NDArray[np.intp], longitude: Floats, latitude: Floats) -> Floats:
        """Metres from point i to shape fence[i], 0 inside; NaN where the shape is broken."""
        sound = self._sound[fence]
        if not sound.all():
            distance_m = np.full(len(fence), np.nan)
            distance_m[sound] = self.distance_m(fence[sound], longitude[sound], latitude[sound])
            return distance_m
        points = shapely.points(*self._frames.project(fence, longitude, latitude))
        if not self._made[fence].all():
            self._make_metric(np.unique(fence))
        shapes, reach_m = self._metric[fence], self._reach_m[fence]
        # Prepared and two orders of magnitude faster than distance(); most fixes end here.
        outside = ~shapely.dwithin(shapes, points, reach_m)
        found_m = np.zeros(len(fence))
        found_m[outside] = shapely.distance(shapes[outside], points[outside]) - reach_m[outside]
        return np.maximum(found_m, 0.0)

    def along_m(self, fence: int, longitude: Floats, latitude: Floats) -> tuple[Floats, Floats]:
        """Metres along a line to the place nearest to each point, and beside it (right: positive).

        NaN where the fence is broken. Where a line comes by twice, its first passage counts.
        """
        if not self._sound[fence]:
            return np.full(len(longitude), np.nan), np.full(len(longitude), np.nan)
        self._make_metric(np.array([fence], np.intp))
        line = self._metric[fence]
        x_m, y_m = self._frames.project(
            np.full(len(longitude), fence, np.intp), longitude, latitude
        )
        points = shapely.points(x_m, y_m)
        progress_m = shapely.line_locate_point(line, points)
        back = shapely.get_coordinates(
            shapely.line_interpolate_point(line, np.maximum(progress_m - LOOK_M, 0.0))
        )
        ahead = shapely.get_coordinates(shapely.line_interpolate_point(line, progress_m + LOOK_M))
        step = ahead - back
        left_of = step[:, 0] * (y_m - back[:, 1]) - step[:, 1] * (x_m - back[:, 0])
        return progress_m, np.where(left_of > 0, -1.0, 1.0) * shapely.distance(line, points)

    def length_m(self, fence: int) -> float:
        """Length of a line; NaN where the fence is broken."""
        if not self._sound[fence]:
            return float("nan")
        self._make_metric(np.array([fence], np.intp))
        return float(shapely.length(self._metric[fence]))

    def _admit(self, i: int, fence: Fence) -> None:
        """Keep what can be used; buffers have a reach, areas none."""
        field = REACH_OF.get(fence.shape, ("", 0))[0]
        reach_m = getattr(fence, field) if field else None
        if self._given[i] is None or self._given[i].is_empty:
            self._break(i, "its geometry is not GeoJSON")
        elif self._given[i].geom_type != GEOMETRY_OF[fence.shape]:
            self._break(i, f"its geometry is a {self._given[i].geom_type}, not a {fence.shape}")
        elif field and not (reach_m or 0) > 0:
            self._break(i, f"it has no {field}")
        self._reach_m[i] = 0 if i in self.broken else reach_m or 0

    def _break(self, i: int, why: str) -> None:
        self.broken[i] = why
        self._given[i] = None

    def _make_metric(self, which: NDArray[np.intp]) -> None:
        """Metric copies are made on first use: most fences never need a distance."""
        missing = which[~self._made[which]]
        if not len(missing):
            return
        made = self._in_metres(missing)
        shapely.prepare(made)
        self._metric[missing] = made
        self._made[missing] = True

    def _in_metres(self, which: NDArray[np.intp]) -> Geometries:
        fine = shapely.segmentize(self._given[which], STEP_DEG)
        xy, owner = shapely.get_coordinates(fine, return_index=True)
        x_m, y_m = self._frames.project(which[owner], xy[:, 0], xy[:, 1])
        return _with_coordinates(fine, x_m, y_m)

    def _to_degrees(self, shapes: Geometries, which: NDArray[np.intp]) -> Geometries:
        xy, owner = shapely.get_coordinates(shapes, return_index=True)
        frame = which[owner]
        for start in range(0, len(xy), CHUNK):
            part = slice(start, start + CHUNK)
            xy[part] = np.stack(self._frames.unproject(frame[part], *xy[part].T), -1)
        return _with_coordinates(shapes, xy[:, 0], xy[:, 1])


def quadrant_segments(radius_m: Floats) -> NDArray[np.intp]:
    """Segments a quarter circle whose chords leave the arc by 5 cm or 0.03 % at most."""
    tolerance_m = np.maximum(LEAST_TOLERANCE_M, TOLERANCE_SHARE * radius_m)
    needed = np.maximum(np.pi * np.sqrt(radius_m / (32 * tolerance_m)), 8)
    # Powers of two: each size is one vectorised call. 33 is the most that the share asks for.
    return np.asarray(np.minimum(2 ** np.ceil(np.log2(needed)), 33), np.intp)


def _with_coordinates(shapes: Geometries, x: Floats, y: Floats) -> Geometries:
    return np.asarray(shapely.set_coordinates(shapes, np.stack([x, y], -1)), np.object_)


def _parse(geometries: Sequence[object]) -> Geometries:
    """Geometries from GeoJSON objects, None where one cannot be read."""
    texts = np.full(len(geometries), None, np.object_)
    texts[:] = [msgspec.json.encode(geometry).decode() for geometry in geometries]
    parsed = shapely.from_geojson(texts, on_invalid="ignore")
    return np.asarray(shapely.force_2d(parsed), np.object_)
