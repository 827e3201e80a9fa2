"""Facts of the rules over how much of a line was driven by the end of a window."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import LineString

from simulators.city.frame import Point
from simulators.facts.duties import TOLD_S, UNSEEN_SHARES, sprays_on_road, windows, work_unseen
from simulators.facts.scene import GRID_S, Facts, Mask, Scene
from simulators.fleet.unit import Duty

MAX_GAP_S = 25.0  # of the city's rule: whose terminal reports less often is not judged
PIECE_M, REACH_M = 20.0, 18.0
FASTEST_MS = 25.0  # between two moments
COVERED_SHARES = (0.62, 0.97)  # surely, maybe too little: the rule asks for 0.9, less what is lost


def coverage_short(scene: Scene) -> Facts:
    """Hardly more than half of its road sprayed in the window."""
    if scene.unit.interval_s > MAX_GAP_S:
        return scene.none(), scene.none()
    duty = next(duty for duty in scene.unit.duties if duty.purpose == "work_road")
    road = next(road for road in scene.city.work_roads if road.code == duty.fence_code)
    drive = _Drive(road.line, scene, sprays_on_road(scene))
    return _short(scene, duty, drive, work_unseen(scene))


def route_not_finished(scene: Scene) -> Facts:
    """Hardly more than half of its route driven in the window."""
    duty = next((duty for duty in scene.unit.duties if duty.purpose == "route"), None)
    if duty is None:
        return scene.none(), scene.none()
    line = scene.city.loop(duty.fence_code).line
    drive = _Drive(line, scene, scene.kmh > 0, one_way=True)
    return _short(scene, duty, drive, scene.blind | scene.elsewhere | scene.silent)


class _Drive:
    """How far along a line a unit is at each moment where that `counts`."""

    def __init__(
        self, line: Sequence[Point], scene: Scene, counts: Mask, *, one_way: bool = False
    ) -> None:
        self.pieces = int(LineString(line).length // PIECE_M)
        self._one_way = one_way
        on_line = counts.copy()
        on_line[counts] = shapely.distance(LineString(line), scene.points[counts]) < REACH_M
        self._along_m = np.full(len(counts), np.nan)
        self._along_m[on_line] = shapely.line_locate_point(LineString(line), scene.points[on_line])

    def mark(self, pieces: NDArray[np.bool_], rows: Mask) -> None:
        """What lies between each two of these moments that follow each other."""
        both = rows[:-1] & rows[1:]
        begin, step = self._along_m[:-1][both], np.diff(self._along_m)[both]
        driven = np.abs(step) < FASTEST_MS * GRID_S  # of NaN: no
        if self._one_way:
            driven &= step >= 0
        for share in np.linspace(0, 1, 8):
            place = ((begin + share * step)[driven] // PIECE_M).astype(np.int64)
            pieces[np.minimum(place, len(pieces) - 1)] = True


def _short(scene: Scene, duty: Duty, drive: _Drive, unseen: Mask) -> Facts:
    """Where too little of a duty's line was driven, told at the windows' ends."""
    sure, maybe = scene.none(), scene.none()
    time_s = scene.at.time_s
    for start_s, due_s in windows(scene, duty):
        window = (time_s >= start_s) & (time_s < due_s)
        pieces = np.zeros(drive.pieces, np.bool_)
        blank = {"driven": pieces, "seen": pieces.copy(), "unseen": 0}
        known = scene.memory.setdefault(str(start_s), blank)
        drive.mark(known["driven"], window)
        drive.mark(known["seen"], window & ~unseen)
        known["unseen"] += GRID_S * int((window & unseen).sum())
        told = (time_s >= due_s) & (time_s < due_s + TOLD_S)
        unseen_share = (known["unseen"] + max(0, -start_s)) / (due_s - start_s)
        whole = start_s >= 0 and unseen_share < UNSEEN_SHARES[0]
        little = known["driven"].mean() < COVERED_SHARES[0]
        perhaps = known["seen"].mean() < COVERED_SHARES[1]
        sure |= told & little & whole
        maybe |= told & perhaps & (unseen_share < UNSEEN_SHARES[1])
    return sure, maybe
