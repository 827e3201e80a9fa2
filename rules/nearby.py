"""How far the nearest fence with a tag is, for the few fixes of which a kind must know it.

Boxes choose the candidates, so that a city's hundreds of sites cost little; the index measures.
"""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import shapely
from numpy.typing import NDArray

from model.fences import Fence
from rules.view import View

_METRES_A_DEGREE = 111_000.0
_CHUNK = 4_096  # rows compared with all boxes at once


def nearest_marked(
    view: View, wanted: NDArray[np.bool_], marked: NDArray[np.bool_], within_m: float
) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Metres from each wanted row to the nearest marked fence in force, and which that is.

    Infinite and -1 beyond `within_m`, for rows not wanted and for rows without a place.
    """
    distance_m = np.full(len(view.rows), np.inf)
    nearest = np.full(len(view.rows), -1, np.int32)
    rows = np.flatnonzero(wanted & view.usable)
    chosen = np.flatnonzero(marked)
    if not len(rows) or not len(chosen):
        return distance_m, nearest
    bounds = boxes(view)[chosen]
    for start in range(0, len(rows), _CHUNK):
        row, fence = _candidates(view, rows[start : start + _CHUNK], chosen, bounds, within_m)
        found_m = view.index.distances_m(fence, view.rows[row])
        keep = found_m <= within_m
        row, fence, found_m = row[keep], fence[keep], found_m[keep]
        # Written from the farthest to the nearest, so that the nearest stays.
        order = np.lexsort((fence, found_m, row))[::-1]
        distance_m[row[order]] = found_m[order]
        nearest[row[order]] = fence[order]
    return distance_m, nearest


def _candidates(
    view: View,
    rows: NDArray[np.intp],
    chosen: NDArray[np.intp],
    bounds: NDArray[np.float64],
    within_m: float,
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    longitude = view.rows["longitude_e6"][rows, None] / 1e6
    latitude = view.rows["latitude_e6"][rows, None] / 1e6
    reach = within_m / _METRES_A_DEGREE
    wide = reach / np.cos(np.radians(np.minimum(np.abs(latitude) + reach, 89)))
    west, south, east, north = bounds.T
    near = (longitude >= west - wide) & (longitude <= east + wide)
    near &= (latitude >= south - reach) & (latitude <= north + reach)
    place, which = np.nonzero(near)
    row, fence = rows[place], chosen[which]
    keep = view.index.in_force(fence, view.rows["time_us"][row])
    return row[keep], fence[keep]


def boxes(view: View) -> NDArray[np.float64]:
    """West, south, east, north of every fence, its reach included; NaN where it is broken."""
    kept = view.roster.tables.get("boxes")
    if not isinstance(kept, _Boxes) or kept.fences is not view.fences:
        kept = view.roster.tables["boxes"] = _Boxes(view.fences)
    return kept.bounds


class _Boxes:
    def __init__(self, fences: tuple[Fence, ...]) -> None:
        self.fences = fences
        texts: list[Any] = [msgspec.json.encode(fence.geometry).decode() for fence in fences]
        bounds = shapely.bounds(shapely.from_geojson(texts, on_invalid="ignore")).reshape(-1, 4)
        reach_m = np.array([f.radius_m or f.half_width_m or 0.0 for f in fences])
        reach = reach_m / _METRES_A_DEGREE
        wide = reach / np.cos(np.radians(np.minimum(np.abs(np.nan_to_num(bounds[:, 3])), 89)))
        self.bounds: NDArray[np.float64] = bounds + np.stack([-wide, -reach, wide, reach], -1)
