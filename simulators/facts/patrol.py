"""Facts of the patrol rules: inspectors and their cells."""

from __future__ import annotations

import numpy as np

from simulators.facts.scene import Facts, Scene, mask_of


def off_grid(scene: Scene) -> Facts:
    """On duty, away from the cell."""
    away_m = np.full(len(scene.at.time_s), np.inf)
    for code in scene.fence_codes("grid"):
        cell = next(cell for cell in scene.city.cells if cell.code == code)
        away_m = np.minimum(away_m, -scene.depth_m(cell.shape))
    known = scene.unit.on_shift(scene.at.time_s) & (not scene.unit.habits.poor_gnss)
    heard = known & ~mask_of(scene.unit.habits.dead_zones, scene.at.time_s)
    return heard & (away_m > 95), known & (away_m > 38)


def silent(scene: Scene) -> Facts:
    """On duty, not heard of."""
    duty = scene.unit.on_shift(scene.at.time_s)
    late = mask_of(scene.unit.habits.dead_zones, scene.at.time_s)
    return scene.silent & duty, (scene.silent | late) & duty
