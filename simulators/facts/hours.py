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
    driven_s = np.zeros(len(drives))
    if last_s < 0 and not drives.any():
        return driven_s
    for place, (time_s, driving) in enumerate(
        zip(scene.at.time_s.tolist(), drives.tolist(), strict=True)
    ):
        if last_s >= 0 and time_s - last_s >= rest_s:
            since_s = last_s = -1.0
        if driving:
            since_s = time_s if since_s < 0 else since_s
            last_s = time_s + GRID_S
        driven_s[place] = last_s - since_s
    scene.memory[name] = (since_s, last_s)
    return driven_s
