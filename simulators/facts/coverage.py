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
    return short(scene, duty, road.line, sprays_on_road(scene), work_unseen(scene))


def short(scene: Scene, duty: Duty, line: Sequence[Point], counts: Mask, unseen: Mask) -> Facts:
    """Where too little of a duty's line was driven while it `counts`, told at the windows' ends."""
    sure, maybe = scene.none(), scene.none()
    time_s, along_m = scene.at.time_s, None
    for start_s, due_s in windows(scene, duty):
        if along_m is None:
            along_m = _along_m(scene, line, counts)
        window = (time_s >= start_s) & (time_s < due_s)
        pieces = np.zeros(int(LineString(line).length // PIECE_M), np.bool_)
        blank = {"driven": pieces, "seen": pieces.copy(), "unseen": 0}
        known = scene.memory.setdefault(str(start_s), blank)
        _drive(known["driven"], along_m, window)
        _drive(known["seen"], along_m, window & ~unseen)
        known["unseen"] += GRID_S * int((window & unseen).sum())
        told = (time_s >= due_s) & (time_s < due_s + TOLD_S)
        unseen_share = (known["unseen"] + max(0, -start_s)) / (due_s - start_s)
        whole = start_s >= 0 and unseen_share < UNSEEN_SHARES[0]
        sure |= told & (known["driven"].mean() < COVERED_SHARES[0]) & whole
        maybe |= (
            told & (known["seen"].mean() < COVERED_SHARES[1]) & (unseen_share < UNSEEN_SHARES[1])
        )
    return sure, maybe


def _along_m(scene: Scene, line: Sequence[Point], counts: Mask) -> NDArray[np.float64]:
    """How far along the line it is, where it counts and is on it; else NaN."""
    on_line = counts.copy()
    on_line[counts] = shapely.distance(LineString(line), scene.points[counts]) < REACH_M
    along_m = np.full(len(counts), np.nan)
    along_m[on_line] = shapely.line_locate_point(LineString(line), scene.points[on_line])
    return along_m


def _drive(pieces: NDArray[np.bool_], along_m: NDArray[np.float64], rows: Mask) -> None:
    """Mark what lies between each two moments that follow each other."""
    both = rows[:-1] & rows[1:]
    begin, end = along_m[:-1][both], along_m[1:][both]
    driven = np.abs(end - begin) < FASTEST_MS * GRID_S  # of NaN: no
    begin, end = begin[driven], end[driven]
    for share in np.linspace(0, 1, 8):
        place = ((begin + share * (end - begin)) // PIECE_M).astype(np.int64)
        pieces[np.minimum(place, len(pieces) - 1)] = True
