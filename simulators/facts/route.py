"""Facts of the route rules: corridors, closed areas, areas of responsibility."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from simulators.city.city import CORRIDOR_HALF_WIDTH_M
from simulators.facts.scene import RESTING_PLACES, Facts, Scene, corridor_line

BESIDE_M = 12.0  # pieces of a line hardly farther than the nearest one count like it


def off_route(scene: Scene) -> Facts:
    """Loaded, off every assigned corridor."""
    loaded = scene.says("loaded")
    if not loaded.any():
        return loaded, loaded
    distance_m = np.full(len(loaded), np.inf)
    for code in scene.fence_codes("corridor"):
        line = corridor_line(scene.city.seed, code)
        distance_m = np.minimum(distance_m, scene.to_line_m(line) - CORRIDOR_HALF_WIDTH_M)
    return loaded & (distance_m > 75), loaded & (distance_m > 25)


def wrong_direction(scene: Scene) -> Facts:
    """Loaded, on an assigned corridor, heading against it."""
    driving = scene.says("loaded") & (scene.kmh > 7)
    sure, maybe = scene.none(), scene.none()
    for code in scene.fence_codes("corridor"):
        line = corridor_line(scene.city.seed, code)
        near = driving & (scene.to_line_m(line) < CORRIDOR_HALF_WIDTH_M + 15)
        if not near.any():
            continue
        angle_deg = np.zeros(len(near))
        course = scene.at.course_deg[near]
        places = np.stack([scene.at.x_m[near], scene.at.y_m[near]], 1)
        angle_deg[near] = _angle_deg(np.array(line), places, course)
        well_on = scene.to_line_m(line) < CORRIDOR_HALF_WIDTH_M - 8
        sure |= near & well_on & (scene.kmh > 12) & (angle_deg > 150)
        maybe |= near & (angle_deg > 110)
    return sure, maybe


def _angle_deg(
    line: NDArray[np.float64], places: NDArray[np.float64], course_deg: NDArray[np.float64]
) -> NDArray[np.float64]:
    """From the direction of the line's pieces at each place, of which the best one counts."""
    steps = np.diff(line, axis=0)
    piece_deg = np.degrees(np.arctan2(steps[:, 0], steps[:, 1]))
    distance_m = _to_pieces_m(line, steps, places)
    angle = np.abs((course_deg[:, None] - piece_deg + 180) % 360 - 180)
    reach_m = np.maximum(distance_m.min(1) + BESIDE_M, CORRIDOR_HALF_WIDTH_M)
    angle[distance_m > reach_m[:, None]] = np.inf
    return np.asarray(angle.min(1), np.float64)


def _to_pieces_m(
    line: NDArray[np.float64], steps: NDArray[np.float64], places: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Of each place to each piece: all pairs at once, which a geometry library has one by one."""
    x_m, y_m = (places[:, None, axis] - line[None, :-1, axis] for axis in (0, 1))
    length_2 = np.maximum((steps**2).sum(1), 1e-9)
    share = np.clip((x_m * steps[:, 0] + y_m * steps[:, 1]) / length_2, 0.0, 1.0)
    return np.asarray(np.hypot(x_m - share * steps[:, 0], y_m - share * steps[:, 1]), np.float64)


def forbidden_area(scene: Scene) -> Facts:
    """In the closed quarter."""
    depth_m = scene.depth_m(scene.city.quarter)
    return depth_m > 20, depth_m > -25


def left_area(scene: Scene) -> Facts:
    """Away from the area of responsibility, and not in a yard."""
    codes = scene.fence_codes("working_area")
    if not codes:
        return scene.none(), scene.none()
    area = shapely.union_all([scene.city.area(code) for code in codes])
    away_m = -scene.depth_m(area)
    if away_m.max() < 25:
        return scene.none(), scene.none()
    yard_m = scene.away_m(RESTING_PLACES)
    return (away_m > 95) & (yard_m > 20), (away_m > 25) & (yard_m > -25)
