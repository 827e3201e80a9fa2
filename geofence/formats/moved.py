"""A fence in another datum: every vertex is converted exactly (geofence.datum)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
import shapely
from numpy.typing import NDArray

from geofence import datum as datums
from geofence.datum import Datum, Pair
from model.fences import Fence

Convert = Callable[[Datum, Any, Any], Pair]


def to_wgs84(fence: Fence, datum: Datum) -> Fence:
    """A checked fence as drawn on a map of this datum."""
    return fence if datum == "wgs84" else _moved(fence, datum, datums.to_wgs84)


def from_wgs84(fence: Fence, datum: Datum) -> Fence:
    """A fence for a map of this datum."""
    return fence if datum == "wgs84" else _moved(fence, datum, datums.from_wgs84)


def _moved(fence: Fence, datum: Datum, convert: Convert) -> Fence:
    def vertices(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.stack(convert(datum, xy[:, 0], xy[:, 1]), -1)

    given = shapely.force_2d(shapely.geometry.shape(fence.geometry))
    geometry = json.loads(shapely.to_geojson(shapely.transform(given, vertices)))
    waypoints = []
    for waypoint in fence.waypoints:
        x, y = convert(datum, waypoint.longitude, waypoint.latitude)
        waypoints.append(msgspec.structs.replace(waypoint, longitude=float(x), latitude=float(y)))
    return msgspec.structs.replace(fence, geometry=geometry, waypoints=tuple(waypoints))
