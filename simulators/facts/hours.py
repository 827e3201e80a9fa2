"""Facts of the hours rules: closed hours, long stops, long drives."""

from __future__ import annotations

import numpy as np

from simulators.facts.scene import GRID_S, RESTING_PLACES, Facts, Scene
from simulators.fleet.work.muck import CENTRE_PERMITTED

DRIVE_S, MARGIN_S = 4 * 3_600, 600
DRIVING_KMH = 5.0
SURELY_RESTED_S, MAYBE_RESTED_S = 1_380, 780  # the rule's rest is 1,200 s, of fixes it has


def forbidden_hours(scene: Scene) -> Facts:
    """Driving in the centre outside its hours."""
    forbidden = ~scene.within(CENTRE_PERMITTED)
    if not forbidden.any():
        return forbidden, forbidden
    depth_m = scene.depth_m(scene.city.centre)
    sure = forbidden & (depth_m > 20) & (scene.kmh > 8)
    return sure, forbidden & (depth_m > -25) & (scene.kmh > 3)


def stop_too_long(scene: Scene) -> Facts:
    """At work and standing, in no place that is meant for it."""
    standing = (scene.says("ignition") | scene.says("loaded")) & (scene.kmh < 6)
    if not standing.any():
        return standing, standing
    away_m = scene.away_m(RESTING_PLACES)
    return standing & (scene.kmh < 1) & (away_m > 25), standing & (away_m > -25)


def driving_too_long(scene: Scene) -> Facts:
    """At the wheel for hours; what is not seen may be a rest."""
    drives = scene.kmh >= DRIVING_KMH
    seen = drives & ~(scene.blind | scene.silent)
    sure = _driven_s(scene, "sure", seen, MAYBE_RESTED_S) >= DRIVE_S + MARGIN_S
    maybe = _driven_s(scene, "maybe", drives, SURELY_RESTED_S) >= DRIVE_S - MARGIN_S
    return sure, maybe


def _driven_s(
    scene: Scene, name: str, drives: np.ndarray[tuple[int], np.dtype[np.bool_]], rest_s: int
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Seconds from the end of the last rest to each moment's last driving."""
    since_s, last_s = scene.memory.get(name, (-1.0, -1.0))
    time_s, driven_s, place = scene.at.time_s, np.zeros(len(drives)), 0
    if last_s < 0 and not drives.any():
        return driven_s
    edges = np.flatnonzero(np.diff(drives, prepend=False, append=False)).tolist()
    for start, end in [*zip(edges[::2], edges[1::2], strict=True), (len(drives), len(drives))]:
        if last_s >= 0:
            rested = int(np.searchsorted(time_s, last_s + rest_s))
            driven_s[place : min(start, rested)] = last_s - since_s
            if rested <= start and rested < len(drives):
                since_s = last_s = -1.0
        if start < end:
            since_s = float(time_s[start]) if since_s < 0 else since_s
            driven_s[start:end] = time_s[start:end] + GRID_S - since_s
            last_s = float(time_s[end - 1]) + GRID_S
        place = end
    scene.memory[name] = (since_s, last_s)
    return driven_s
