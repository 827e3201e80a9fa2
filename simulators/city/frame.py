"""The district's metric frame: x metres east and y metres north of an origin, WGS-84 outside.

Equirectangular with the ellipsoid's own metres per degree at the origin (WGS-84 series): within
the district's 10 km it is exact to some centimetres, far below any threshold.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

ORIGIN_LONGITUDE = 118.80
ORIGIN_LATITUDE = 32.05
_PHI = math.radians(ORIGIN_LATITUDE)
METRES_PER_DEGREE_LATITUDE = 111132.954 - 559.822 * math.cos(2 * _PHI) + 1.175 * math.cos(4 * _PHI)
METRES_PER_DEGREE_LONGITUDE = 111412.84 * math.cos(_PHI) - 93.5 * math.cos(3 * _PHI)

Point = tuple[float, float]


def to_degrees(point: Point) -> tuple[float, float]:
    """(x, y) metres -> (longitude, latitude) degrees, rounded to 1e-6 as terminals send them."""
    longitude = ORIGIN_LONGITUDE + point[0] / METRES_PER_DEGREE_LONGITUDE
    latitude = ORIGIN_LATITUDE + point[1] / METRES_PER_DEGREE_LATITUDE
    return round(longitude, 6), round(latitude, 6)


def to_degrees_e6(
    x_m: NDArray[np.float64], y_m: NDArray[np.float64]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Columns of metres -> columns of longitude and latitude in millionths of a degree."""
    longitude = ORIGIN_LONGITUDE + x_m / METRES_PER_DEGREE_LONGITUDE
    latitude = ORIGIN_LATITUDE + y_m / METRES_PER_DEGREE_LATITUDE
    return np.rint(longitude * 1e6).astype(np.int32), np.rint(latitude * 1e6).astype(np.int32)


def line_geometry(points: Iterable[Point]) -> dict[str, Any]:
    """A GeoJSON LineString."""
    return {"type": "LineString", "coordinates": [list(to_degrees(point)) for point in points]}


def polygon_geometry(ring: Iterable[Point]) -> dict[str, Any]:
    """A GeoJSON Polygon without holes; the ring is closed here."""
    corners = [list(to_degrees(point)) for point in ring]
    if corners[0] != corners[-1]:
        corners.append(corners[0])
    return {"type": "Polygon", "coordinates": [corners]}


def points_geometry(points: Iterable[Point]) -> dict[str, Any]:
    """A GeoJSON MultiPoint."""
    return {"type": "MultiPoint", "coordinates": [list(to_degrees(point)) for point in points]}
