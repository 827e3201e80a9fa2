"""How far a vehicle's heading is from the direction of a line, at the place where it drives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geofence.geodesy import LocalFrames
from model.fences import Fence
from model.position import Rows, rows_at
from rules.roster import Roster

_BESIDE_M = 10.0  # pieces that are hardly farther than the nearest one count like it
_CHUNK_PAIRS = 1_000_000


class Line:
    """A fence's line in metres; a fence of another shape is no line."""

    def __init__(self, fence: Fence) -> None:
        self._is_line = fence.geometry.get("type") == "LineString"
        if not self._is_line:
            return
        self._half_width_m = fence.half_width_m or 0.0
        points = np.array([point[:2] for point in fence.geometry["coordinates"]], np.float64)
        self._frame = LocalFrames.about(*points.mean(0))
        self._ends = self._in_metres(points[:, 0], points[:, 1])

    def angle_deg(self, rows: Rows) -> NDArray[np.float64]:
        """0 (along) to 180 (against) for each row; NaN where the course is unknown or it is no
        line.

        Of all pieces of the line that the vehicle may be on (within the half width, or about as
        near as the nearest) the one that agrees best decides: a line that returns on the same road,
        and the two sides of a bend, accuse nobody.
        """
        angle = np.full(len(rows), np.nan)
        known = np.flatnonzero(rows["course_deg"] >= 0)
        if not self._is_line or not len(known):
            return angle
        step = max(_CHUNK_PAIRS // len(self._ends), 1)
        for start in range(0, len(known), step):
            some = rows_at(rows, known[start : start + step])
            places = self._in_metres(some["longitude_e6"] / 1e6, some["latitude_e6"] / 1e6)
            course_deg = some["course_deg"].astype(np.float64)
            angle[known[start : start + step]] = _least_angle(
                self._ends, places, course_deg, self._half_width_m
            )
        return angle

    def _in_metres(self, longitude: NDArray[Any], latitude: NDArray[Any]) -> NDArray[np.float64]:
        origin = np.zeros(len(longitude), np.intp)
        return np.stack(self._frame.project(origin, longitude, latitude), -1)


def line_of(roster: Roster, fences: Sequence[Fence], place: int) -> Line:
    """Made once a revision."""
    line: Line | None = roster.tables.get(f"line {place}")
    if line is None:
        line = roster.tables[f"line {place}"] = Line(fences[place])
    return line


def _least_angle(
    ends: NDArray[np.float64],
    places: NDArray[np.float64],
    course_deg: NDArray[np.float64],
    half_width_m: float,
) -> NDArray[np.float64]:
    begin, along = ends[:-1], np.diff(ends, axis=0)
    length_2 = np.maximum((along**2).sum(-1), 1e-9)
    offset = places[:, None] - begin
    share = np.clip((offset * along).sum(-1) / length_2, 0.0, 1.0)
    distance_m = np.hypot(*np.moveaxis(offset - share[..., None] * along, -1, 0))
    reach_m = np.maximum(distance_m.min(1) + _BESIDE_M, half_width_m)
    line_deg = np.degrees(np.arctan2(along[:, 0], along[:, 1]))
    angle = np.abs((course_deg[:, None] - line_deg + 180) % 360 - 180)
    angle[distance_m > reach_m[:, None]] = np.inf
    return np.asarray(angle.min(1), np.float64)
