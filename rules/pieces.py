"""Lines cut to short pieces, and which of them a vehicle has driven: coverage without a map server.

Each line of a fence (a carriageway) is an obligation of its own. A fix is matched to the nearest
line that runs as the vehicle heads; between matched fixes near enough the line between them counts
as driven; a piece counts when four fifths of it were driven in one go.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal

import msgspec
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.ops import substring

from geofence.geodesy import Floats, LocalFrames
from geofence.metric import STEP_DEG
from model.fences import Fence
from model.position import Rows
from rules.contract import Memory
from rules.roster import Roster

PIECE_M = 20.0
MAX_PIECES = 10_000  # a fence's; the pieces of one longer than 200 km are longer
ENOUGH = 0.8  # of a piece
WITHIN_DEG = 30.0
MAX_MISSED_LISTED = 200  # stretches; all are counted
_AGAINST_M = 5.0  # a line driven against its direction counts as so much farther away
_BACK_M = 20.0  # going back farther than this is a run of its own
_TICK_US = 4_000_000  # of the time of a piece's last pass: a day fits into 16 bits
Match = tuple[int, float]  # line, metres along it
Fact = Match | Literal[False] | None  # False: it does not count; None: on no line, or who knows


@dataclass(frozen=True, slots=True)
class Filling:
    """Between fixes nearer than both gaps the line was driven; passes are so far apart."""

    gap_us: float
    gap_m: float
    pass_gap_us: float = 0


class Pieces:
    """The lines of one fence."""

    def __init__(self, fence: Fence) -> None:
        geometry = shapely.from_geojson(msgspec.json.encode(fence.geometry).decode())
        lines = shapely.get_parts(shapely.segmentize(shapely.force_2d(geometry), STEP_DEG))
        degrees, line = shapely.get_coordinates(lines, return_index=True)
        self._frame = LocalFrames.about(*degrees.mean(0))
        ends = np.stack(self._in_metres(*degrees.T), -1)
        same = np.flatnonzero(np.diff(line) == 0)
        self._begin, self._step = ends[same], np.diff(ends, axis=0)[same]
        self._line = line[same]
        length_m = np.hypot(*self._step.T)
        before = np.concatenate([[0.0], np.cumsum(length_m)])
        first = np.searchsorted(self._line, np.arange(len(lines)))
        self._along = before[:-1] - before[first][self._line]
        self.lengths_m = np.diff(before[[*first.tolist(), len(length_m)]])
        self._tree = shapely.STRtree(
            shapely.linestrings(np.stack([self._begin, self._begin + self._step], 1))
        )
        self._lines = [shapely.LineString(ends[line == number]) for number in range(len(lines))]
        longest_m = max(PIECE_M, float(self.lengths_m.sum()) / MAX_PIECES)
        self.counts = np.maximum(np.ceil(self.lengths_m / longest_m), 1).astype(int)
        self.first = np.concatenate([[0], np.cumsum(self.counts)])
        self.sizes_m = np.repeat(self.lengths_m / self.counts, self.counts)

    def __len__(self) -> int:
        return int(self.first[-1])

    def match(self, rows: Rows, reach_m: Floats, both_ways: bool) -> list[Match | None]:
        """For each row the line it drives on, and where; None where there is none within reach.

        Where the course is unknown the nearest line counts.
        """
        x_m, y_m = self._in_metres(rows["longitude_e6"] / 1e6, rows["latitude_e6"] / 1e6)
        points = np.asarray(shapely.points(x_m, y_m), np.object_)
        row, segment = self._tree.query(points, predicate="dwithin", distance=reach_m)
        step = self._step[segment]
        offset = np.stack([x_m, y_m], -1)[row] - self._begin[segment]
        length_2 = np.maximum((step**2).sum(-1), 1e-9)
        share = np.clip((offset * step).sum(-1) / length_2, 0.0, 1.0)
        distance_m = np.hypot(*(offset - share[:, None] * step).T)
        angle = _angle(step, rows["course_deg"][row])
        against = angle > 90
        keep = np.minimum(angle, 180 - angle) <= WITHIN_DEG
        keep &= both_ways | ~against
        found: list[Match | None] = [None] * len(rows)
        order = np.lexsort((segment, distance_m + _AGAINST_M * against, row))[::-1]
        # Written from the farthest to the nearest, so that the nearest stays.
        for pair in order[keep[order]].tolist():
            along_m = self._along[segment[pair]] + share[pair] * math.sqrt(length_2[pair])
            found[row[pair]] = int(self._line[segment[pair]]), round(float(along_m), 1)
        return found

    def covered(self, line: int, one_m: float, other_m: float) -> range:
        """The pieces of which enough lies between two places of a line."""
        low, high = sorted((one_m, other_m))
        first, count = int(self.first[line]), int(self.counts[line])
        size = float(self.sizes_m[first])
        if high - low < ENOUGH * size:
            return range(0)
        begin = max(0, math.ceil(low / size - (1 - ENOUGH)))
        end = min(count, math.floor(high / size - ENOUGH) + 1)
        return range(first + begin, first + max(begin, end))

    def share(self, done: NDArray[np.bool_]) -> float:
        """How much of all lines these pieces are, by length."""
        return float(self.sizes_m[done].sum() / self.sizes_m.sum())

    def stretches(self, chosen: NDArray[np.bool_]) -> dict[str, Any]:
        """Pieces as GeoJSON, neighbours joined: a MultiLineString of at most MAX_MISSED_LISTED."""
        lines = []
        for line, begin, end in self._runs(chosen):
            size = float(self.sizes_m[self.first[line]])
            part = substring(self._lines[line], begin * size, end * size)
            x_m, y_m = shapely.get_coordinates(part).T
            longitude, latitude = self._frame.unproject(np.zeros(len(x_m), np.intp), x_m, y_m)
            lines.append(np.round(np.stack([longitude, latitude], -1), 6).tolist())
            if len(lines) == MAX_MISSED_LISTED:
                break
        return {"type": "MultiLineString", "coordinates": lines}

    def _runs(self, chosen: NDArray[np.bool_]) -> Iterator[tuple[int, int, int]]:
        for line, (first, count) in enumerate(zip(self.first, self.counts, strict=False)):
            place = 0
            for is_chosen, same in groupby(chosen[first : first + count].tolist()):
                length = len(list(same))
                if is_chosen:
                    yield line, place, place + length
                place += length

    def _in_metres(self, longitude: Floats, latitude: Floats) -> tuple[Floats, Floats]:
        return self._frame.project(np.zeros(len(longitude), np.intp), longitude, latitude)


def pieces_of(roster: Roster, fences: Sequence[Fence], place: int) -> Pieces:
    """A fence's pieces, made once a revision."""
    pieces: Pieces | None = roster.tables.get(f"pieces {place}")
    if pieces is None:
        pieces = roster.tables[f"pieces {place}"] = Pieces(fences[place])
    return pieces


def drive(
    pieces: Pieces, progress: Memory, steps: Sequence[tuple[int, Fact]], filling: Filling
) -> None:
    """Take fixes in order into `progress`.

    `passes`: a byte a piece; `last`: when it was last driven (16 bits, in 4 s); `run`: what is
    under way: line, where it began, how far, and when.
    """
    passes = bytearray(progress.get("passes") or bytes(len(pieces)))
    last = np.frombuffer(bytearray(progress.get("last") or bytes(2 * len(pieces))), np.uint16)
    run = progress.get("run")
    for time_us, fact in steps:
        if fact is None:
            continue
        before, run = run, _run_on(run, fact, time_us, filling) if fact else None
        if run is None or before is None:
            continue
        goes_on = run[:2] == before[:2]
        old = pieces.covered(*before[:3]) if goes_on else range(0)
        now = (time_us - progress["from_us"]) // _TICK_US + 1
        for piece in set(pieces.covered(*run[:3])).difference(old):
            if not last[piece] or (now - int(last[piece])) * _TICK_US >= filling.pass_gap_us:
                passes[piece] = min(passes[piece] + 1, 255)
            last[piece] = now
    progress["passes"], progress["last"] = bytes(passes), last.tobytes()
    progress["run"] = run


def driven(pieces: Pieces, progress: Memory, required: float = 1) -> NDArray[np.bool_]:
    """Which pieces were driven so often."""
    passes = progress.get("passes") or bytes(len(pieces))
    return np.asarray(np.frombuffer(passes, np.uint8) >= required, np.bool_)


def _run_on(run: list[Any] | None, match: Match, time_us: int, filling: Filling) -> list[Any]:
    """The run after one more fix; a new one begins where the old one cannot go on."""
    line, along_m = match
    if run is None or run[0] != line or time_us - run[3] > filling.gap_us:
        return [line, along_m, along_m, time_us]
    if abs(along_m - run[2]) > filling.gap_m:
        return [line, along_m, along_m, time_us]
    ahead = math.copysign(1.0, run[2] - run[1]) if run[1] != run[2] else 0.0
    back_m = (run[2] - along_m) * ahead
    if back_m > _BACK_M:
        return [line, run[2], along_m, time_us]
    return [line, run[1], run[2] if back_m > 0 else along_m, time_us]


def _angle(step: Floats, course_deg: NDArray[Any]) -> Floats:
    """0 (along) to 180 (against); 0 where the course is unknown."""
    line_deg = np.degrees(np.arctan2(step[:, 0], step[:, 1]))
    angle = np.abs((course_deg - line_deg + 180) % 360 - 180)
    return np.asarray(np.where(course_deg < 0, 0.0, angle), np.float64)
