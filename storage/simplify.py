"""Fewer points for the same line: Douglas-Peucker (shapely) over metres, times kept."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from model.position import Rows

METRES_PER_DEGREE = 111_195.0  # of a great circle, mean Earth radius 6,371,009 m
FIRST_TOLERANCE_M = 1.0


def kept_by_simplification(
    line: Rows,
    pinned: NDArray[np.intp],
    max_points: int,
    tolerance_m: float = FIRST_TOLERANCE_M,
) -> NDArray[np.intp]:
    """Indexes of at most about `max_points` rows that keep the line's shape, ascending.

    No row left out lies farther than `tolerance_m` from the line, which is doubled until the rest
    is few enough. The first, the last and the `pinned` rows always stay, even above `max_points`.
    """
    x_m, y_m = _metres(line)
    # The index travels as z, which simplification carries along unchanged.
    shape = shapely.linestrings(x_m, y_m, np.arange(len(line), dtype=np.float64))
    must = np.unique(np.concatenate((pinned, [0, len(line) - 1]))).astype(np.intp)
    while True:
        # What has been simplified is simplified further: with doubled tolerances the sum of the
        # errors stays below twice the last one, and every round is shorter than the one before.
        shape = shapely.simplify(shape, tolerance_m, preserve_topology=False)
        places = shapely.get_coordinates(shape, include_z=True)[:, 2].astype(np.intp)
        if len(places) <= max(max_points, 2):  # sorting together is dear: not of what is too many
            kept = np.union1d(places, must)
            if len(kept) <= max_points or len(places) <= 2:
                return kept
        tolerance_m *= 2


def _metres(line: Rows) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A plane that is true enough for shape: equirectangular about the mean latitude."""
    longitude, latitude = line["longitude_e6"] / 1e6, line["latitude_e6"] / 1e6
    # Across the date line the short way round.
    longitude = np.unwrap(longitude, period=360)
    scale = np.cos(np.radians(latitude.mean()))
    return longitude * scale * METRES_PER_DEGREE, latitude * METRES_PER_DEGREE
