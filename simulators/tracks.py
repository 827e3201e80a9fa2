"""Recorded tracks: GPX (track and route points), CSV with the usual column names, GeoLife, GeoJSON.

Points without a time get one: between timed neighbours by their share of the way, else at the given
interval. GPX is read in one pass of expat that refuses any DOCTYPE, so no entity can explode.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.parsers import expat

from simulators.track_geojson import read_geojson
from simulators.track_plt import read_plt
from simulators.track_point import MAX_POINTS, TrackPoint, TrackProblem

__all__ = ["TrackPoint", "TrackProblem", "moved", "read_track"]

MAX_FILE_BYTES = 64_000_000
DEFAULT_START_S = 0.0
# column: the names under which programs write it
COLUMNS = {
    "time_s": ("time", "timestamp", "datetime", "date_time", "utc", "gps_time"),
    "latitude": ("lat", "latitude", "y"),
    "longitude": ("lon", "lng", "long", "longitude", "x"),
    "altitude_m": ("altitude", "alt", "ele", "elevation", "altitude_m"),
    "speed_kmh": ("speed_kmh", "speed", "velocity", "kmh"),
    "course_deg": ("course", "heading", "bearing", "direction", "course_deg"),
}
GPX_POINTS = ("trkpt", "rtept")
GPX_FIELDS = {"time": "time_s", "ele": "altitude_m", "speed": "speed_ms", "course": "course_deg"}
MILLISECONDS_FROM = 1e11  # a number so large is milliseconds since 1970, not seconds


def read_track(path: Path, interval_s: float = 1.0) -> list[TrackPoint]:
    """All points in the file's order, every one with a time. Raises TrackProblem."""
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise TrackProblem(f"{path}: neither of {', '.join(READERS)}")
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise TrackProblem(f"{path}: {size:,} bytes, at most {MAX_FILE_BYTES:,} are read")
        points = reader(path)
    except OSError as error:
        raise TrackProblem(f"{path}: {error.strerror}") from error
    if not points:
        raise TrackProblem(f"{path}: no points in it")
    for number, point in enumerate(points, 1):
        if not (abs(point.latitude) <= 90 and abs(point.longitude) <= 180):
            where = f"{point.latitude}, {point.longitude}"
            raise TrackProblem(f"{path}: point {number} lies nowhere on Earth ({where})")
    _fill_times(points, interval_s)
    _fill_motion(points)
    return points


def _read_gpx(path: Path) -> list[TrackPoint]:
    collector = _GpxCollector(path)
    parser = expat.ParserCreate()
    parser.StartElementHandler = collector.start
    parser.EndElementHandler = collector.end
    parser.CharacterDataHandler = collector.characters
    parser.StartDoctypeDeclHandler = collector.refuse
    try:
        parser.Parse(path.read_bytes(), True)
    except expat.ExpatError as error:
        raise TrackProblem(f"{path}: not XML: {error}") from error
    return collector.points


class _GpxCollector:
    """Gathers points and their fields, whatever the namespace prefix."""

    def __init__(self, path: Path) -> None:
        self.points: list[TrackPoint] = []
        self._path = path
        self._open = False
        self._field: str | None = None
        self._text = ""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        if local in GPX_POINTS:
            where = f"{self._path}: point {len(self.points) + 1}"
            longitude = _number(attributes.get("lon", ""), where)
            latitude = _number(attributes.get("lat", ""), where)
            if len(self.points) >= MAX_POINTS:
                raise TrackProblem(f"{self._path}: more than {MAX_POINTS:,} points")
            self.points.append(TrackPoint(longitude, latitude))
            self._open = True
        elif self._open and local in GPX_FIELDS:
            self._field, self._text = GPX_FIELDS[local], ""

    def characters(self, text: str) -> None:
        if self._field:
            self._text += text

    def end(self, name: str) -> None:
        local = name.rpartition(":")[2]
        if local in GPX_POINTS:
            self._open = False
        elif self._field and GPX_FIELDS.get(local) == self._field:
            self._set(self._field, self._text.strip())
            self._field = None

    def _set(self, field: str, text: str) -> None:
        point, where = self.points[-1], f"{self._path}: point {len(self.points)}"
        if not text:
            return
        if field == "time_s":
            point.time_s = _time(text, where)
        elif field == "speed_ms":
            point.speed_kmh = _number(text, where) * 3.6
        else:
            setattr(point, field, _number(text, where))

    def refuse(self, *_: Any) -> None:
        raise TrackProblem(f"{self._path}: has a DOCTYPE, which no GPX needs")


def _read_csv(path: Path) -> list[TrackPoint]:
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        head = file.read(4_096)
        file.seek(0)
        delimiter = max(",;\t", key=head.split("\n", 1)[0].count)
        rows = csv.reader(file, delimiter=delimiter)
        columns = _columns(next(rows, []), path)
        points = []
        for line, row in enumerate(rows, 2):
            if any(cell.strip() for cell in row):
                points.append(_csv_point(row, columns, f"{path}: line {line}"))
            if len(points) > MAX_POINTS:
                raise TrackProblem(f"{path}: more than {MAX_POINTS:,} points")
    return points


def _columns(names: Sequence[str], path: Path) -> dict[str, int]:
    places = {name.strip().lower(): place for place, name in reversed(list(enumerate(names)))}
    found = {}
    for column, aliases in COLUMNS.items():
        place = next((places[alias] for alias in aliases if alias in places), None)
        if place is not None:
            found[column] = place
    for needed in ("latitude", "longitude"):
        if needed not in found:
            known = ", ".join(COLUMNS[needed])
            raise TrackProblem(f"{path}: no column for the {needed}; known names: {known}")
    return found


def _csv_point(row: Sequence[str], columns: dict[str, int], where: str) -> TrackPoint:
    readers: dict[str, Callable[[str, str], float]] = {"time_s": _time}
    values: dict[str, float] = {}
    for column, place in columns.items():
        text = row[place].strip() if place < len(row) else ""
        if text or column in ("latitude", "longitude"):
            values[column] = readers.get(column, _number)(text, where)
    return TrackPoint(**values)


def _number(text: str, where: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise TrackProblem(f"{where}: {text!r} is not a number") from None
    if not math.isfinite(value):
        raise TrackProblem(f"{where}: {text!r} is not a number")
    return value


def _time(text: str, where: str) -> float:
    """Seconds since 1970: ISO 8601 (UTC where it names no zone), or seconds or milliseconds."""
    try:
        value = float(text)
    except ValueError:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise TrackProblem(f"{where}: {text!r} is not a time") from None
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    return value / 1000 if abs(value) >= MILLISECONDS_FROM else value


def _fill_times(points: list[TrackPoint], interval_s: float) -> None:
    """Give points without a time one."""
    timed = [place for place, point in enumerate(points) if point.time_s is not None]
    if not timed:
        points[0].time_s = DEFAULT_START_S
        timed = [0]
    for place in range(timed[0] - 1, -1, -1):
        points[place].time_s = _known(points[place + 1]) - interval_s
    for place in range(timed[-1] + 1, len(points)):
        points[place].time_s = _known(points[place - 1]) + interval_s
    for start, end in pairwise(timed):
        step_s = (_known(points[end]) - _known(points[start])) / (end - start)
        for place in range(start + 1, end):
            points[place].time_s = _known(points[place - 1]) + step_s


def _known(point: TrackPoint) -> float:
    assert point.time_s is not None
    return point.time_s


def _fill_motion(points: list[TrackPoint]) -> None:
    """Speed and course from one point to the next, where the file has none."""
    for before, point in pairwise(points):
        scale = math.cos(math.radians(point.latitude))
        east_m = (point.longitude - before.longitude) * 111_320 * scale
        north_m = (point.latitude - before.latitude) * 111_132
        seconds = _known(point) - _known(before)
        if point.speed_kmh is None and seconds > 0:
            point.speed_kmh = math.hypot(east_m, north_m) / seconds * 3.6
        if point.course_deg is None and (east_m or north_m):
            point.course_deg = math.degrees(math.atan2(east_m, north_m)) % 360


def moved(points: Sequence[TrackPoint], longitude: float, latitude: float) -> list[TrackPoint]:
    """The same way, begun elsewhere: metres east and north stay, whatever the latitude."""
    first = points[0]
    shrink = math.cos(math.radians(first.latitude)) / math.cos(math.radians(latitude))
    return [
        replace(
            point,
            longitude=longitude + (point.longitude - first.longitude) * shrink,
            latitude=latitude + point.latitude - first.latitude,
        )
        for point in points
    ]


READERS: dict[str, Callable[[Path], list[TrackPoint]]] = {
    ".gpx": _read_gpx,
    ".csv": _read_csv,
    ".txt": _read_csv,
    ".plt": read_plt,
    ".geojson": read_geojson,
    ".json": read_geojson,
}
