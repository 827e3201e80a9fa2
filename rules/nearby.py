"""How far the nearest fence with a tag is, for the few fixes of which a kind must know it.

Boxes choose the candidates, so that a city's hundreds of sites cost little; the index measures.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import shapely
from numpy.typing import NDArray

from model.fences import Fence
from model.position import rows_at
from rules.view import View

_METRES_A_DEGREE = 111_000.0


Nearest = tuple[NDArray[np.float64], NDArray[np.int32]]


def nearest_marked(
    view: View, wanted: NDArray[np.bool_], marked: NDArray[np.bool_], within_m: float
) -> Nearest:
    """Metres from each wanted row to the nearest marked fence in force, and which that is.

    Infinite and -1 beyond `within_m`, for rows not wanted and for rows without a place.
    """
    return nearest_of_marked(view, wanted, [marked], within_m)[0]


def nearest_of_marked(
    view: View, wanted: NDArray[np.bool_], marks: Sequence[NDArray[np.bool_]], within_m: float
) -> list[Nearest]:
    """`nearest_marked` for several marks: each pair is measured once."""
    found: list[Nearest] = [
        (np.full(len(view.rows), np.inf), np.full(len(view.rows), -1, np.int32)) for _ in marks
    ]
    rows = np.flatnonzero(wanted & view.usable)
    if not len(rows):
        return found
    row, fence = view.index.boxes_within(rows_at(view.rows, rows), within_m)
    keep = np.logical_or.reduce([marked[fence] for marked in marks])
    row, fence = rows[row[keep]], fence[keep]
    if not len(row):
        return found
    found_m = view.index.distances_m(fence, rows_at(view.rows, row))
    # Written from the farthest to the nearest, so that the nearest stays.
    order = np.lexsort((fence, found_m, row))[::-1]
    order = order[found_m[order] <= within_m]
    for marked, (distance_m, nearest) in zip(marks, found, strict=True):
        own = order[marked[fence[order]]]
        distance_m[row[own]] = found_m[own]
        nearest[row[own]] = fence[own]
    return found


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
