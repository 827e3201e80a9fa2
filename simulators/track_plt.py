"""Tracks as GeoLife writes them (.plt): six lines of head, then one point a line.

latitude, longitude, 0, altitude in feet (-777: unknown), days since 1899-12-30, date, time (GMT).
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from simulators.track_point import MAX_POINTS, TrackPoint, TrackProblem

HEAD_LINES = 6
FOOT_M, UNKNOWN_FEET = 0.3048, -777
_COLUMNS = 7


def read_plt(path: Path) -> list[TrackPoint]:
    """The points in order. Raises TrackProblem."""
    points = []
    with path.open(encoding="utf-8", errors="replace") as file:
        for number, line in enumerate(file, 1):
            if number > HEAD_LINES and line.strip():
                points.append(_point(line, f"{path}: line {number}"))
            if len(points) > MAX_POINTS:
                raise TrackProblem(f"{path}: more than {MAX_POINTS:,} points")
    return points


def _point(line: str, where: str) -> TrackPoint:
    cells = [cell.strip() for cell in line.split(",")]
    if len(cells) < _COLUMNS:
        raise TrackProblem(f"{where}: {len(cells)} columns, a GeoLife point has {_COLUMNS}")
    try:
        latitude, longitude, feet = float(cells[0]), float(cells[1]), float(cells[3])
        moment = datetime.fromisoformat(f"{cells[5]}T{cells[6]}").replace(tzinfo=UTC)
    except ValueError as error:
        raise TrackProblem(f"{where}: {error}") from None
    altitude_m = None if feet <= UNKNOWN_FEET else feet * FOOT_M
    return TrackPoint(longitude, latitude, moment.timestamp(), altitude_m)
