"""WGS-84 <-> GCJ-02 <-> BD-09, vectorised; degrees in, degrees out.

GCJ-02 is the offset of Chinese map services, BD-09 Baidu's offset on top of it. Both are given only
forward; the inverses iterate until the forward image is met (below 1 cm, where the usual one-step
inverse is off by up to 3.5 m). Outside the box in which the offset is defined nothing changes.
Storage and rules use WGS-84 only: convert where positions and fences enter and leave.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Pair = tuple[Floats, Floats]
Datum = Literal["wgs84", "gcj02", "bd09"]

_SEMI_MAJOR_M = 6_378_245.0  # Krasovsky 1940, as the GCJ-02 formulas have it
_ECCENTRICITY_SQUARED = 0.00669342162296594323
_WEST, _EAST, _SOUTH, _NORTH = 72.004, 137.8347, 0.8293, 55.8271
_BD_FREQUENCY = np.pi * 3000.0 / 180.0
_ROUNDS = 30  # GCJ-02 gains 3 digits a round, BD-09 1.5; stops when nothing moves


def in_offset_box(longitude: ArrayLike, latitude: ArrayLike) -> NDArray[np.bool_]:
    """Where GCJ-02 is defined: the box of the published code, wider than China."""
    lon, lat = np.asarray(longitude), np.asarray(latitude)
    return (lon >= _WEST) & (lon <= _EAST) & (lat >= _SOUTH) & (lat <= _NORTH)


def wgs84_to_gcj02(longitude: ArrayLike, latitude: ArrayLike) -> Pair:
    """GCJ-02 of WGS-84."""
    return _inside_only(_gcj02_of, *_arrays(longitude, latitude))


def gcj02_to_wgs84(longitude: ArrayLike, latitude: ArrayLike) -> Pair:
    """WGS-84 of GCJ-02."""
    return _inside_only(_inverse_of(_gcj02_of), *_arrays(longitude, latitude))


def gcj02_to_bd09(longitude: ArrayLike, latitude: ArrayLike) -> Pair:
    """BD-09 of GCJ-02."""
    return _inside_only(_bd09_of, *_arrays(longitude, latitude))


def bd09_to_gcj02(longitude: ArrayLike, latitude: ArrayLike) -> Pair:
    """GCJ-02 of BD-09."""
    return _inside_only(_inverse_of(_bd09_of), *_arrays(longitude, latitude))


def wgs84_to_bd09(longitude: ArrayLike, latitude: ArrayLike) -> Pair:
    """BD-09 of WGS-84."""
    return _inside_only(lambda x, y: _bd09_of(*_gcj02_of(x, y)), *_arrays(longitude, latitude))


def bd09_to_wgs84(longitude: ArrayLike, latitude: ArrayLike) -> Pair:
    """WGS-84 of BD-09."""
    to_gcj02, to_wgs84 = _inverse_of(_bd09_of), _inverse_of(_gcj02_of)
    return _inside_only(lambda x, y: to_wgs84(*to_gcj02(x, y)), *_arrays(longitude, latitude))


def to_wgs84(datum: Datum, longitude: ArrayLike, latitude: ArrayLike) -> Pair:
    """WGS-84 of coordinates in a named datum. Raises ValueError for an unknown name."""
    return _convert(_TO_WGS84, datum, longitude, latitude)


def from_wgs84(datum: Datum, longitude: ArrayLike, latitude: ArrayLike) -> Pair:
    """Coordinates in a named datum of WGS-84. Raises ValueError for an unknown name."""
    return _convert(_FROM_WGS84, datum, longitude, latitude)


def _arrays(longitude: ArrayLike, latitude: ArrayLike) -> Pair:
    return np.asarray(longitude, np.float64), np.asarray(latitude, np.float64)


def _inside_only(convert: Callable[[Floats, Floats], Pair], lon: Floats, lat: Floats) -> Pair:
    inside = in_offset_box(lon, lat)
    x, y = convert(np.where(inside, lon, 105.0), np.where(inside, lat, 35.0))
    return np.where(inside, x, lon), np.where(inside, y, lat)


def _inverse_of(forward: Callable[[Floats, Floats], Pair]) -> Callable[[Floats, Floats], Pair]:
    """The inverse by fixed-point iteration: the offset hardly changes over its own length."""

    def inverse(x: Floats, y: Floats) -> Pair:
        lon, lat = x, y
        for _ in range(_ROUNDS):
            image_x, image_y = forward(lon, lat)
            step_x, step_y = x - image_x, y - image_y
            lon, lat = lon + step_x, lat + step_y
            if max(np.abs(step_x).max(initial=0), np.abs(step_y).max(initial=0)) < 1e-12:
                break
        return lon, lat

    return inverse


def _gcj02_of(lon: Floats, lat: Floats) -> Pair:
    phi = np.radians(lat)
    magic = 1 - _ECCENTRICITY_SQUARED * np.sin(phi) ** 2
    meridian_m = _SEMI_MAJOR_M * (1 - _ECCENTRICITY_SQUARED) / (magic * np.sqrt(magic))
    normal_m = _SEMI_MAJOR_M / np.sqrt(magic)
    east_m, north_m = _shift_m(lon - 105.0, lat - 35.0)
    return (
        lon + np.degrees(east_m / (normal_m * np.cos(phi))),
        lat + np.degrees(north_m / meridian_m),
    )


def _shift_m(x: Floats, y: Floats) -> Pair:
    """The published polynomial and waves, in metres, about 105 E 35 N."""
    root = np.sqrt(np.abs(x))
    shared = 20 * np.sin(6 * x * np.pi) + 20 * np.sin(2 * x * np.pi)
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north += (shared + 20 * np.sin(y * np.pi) + 40 * np.sin(y / 3 * np.pi)) * 2 / 3
    north += (160 * np.sin(y / 12 * np.pi) + 320 * np.sin(y * np.pi / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east += (shared + 20 * np.sin(x * np.pi) + 40 * np.sin(x / 3 * np.pi)) * 2 / 3
    east += (150 * np.sin(x / 12 * np.pi) + 300 * np.sin(x / 30 * np.pi)) * 2 / 3
    return east, north


def _bd09_of(lon: Floats, lat: Floats) -> Pair:
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _BD_FREQUENCY)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _BD_FREQUENCY)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def _unchanged(longitude: ArrayLike, latitude: ArrayLike) -> Pair:
    return _arrays(longitude, latitude)


_Conversion = Callable[[ArrayLike, ArrayLike], Pair]
_TO_WGS84: dict[str, _Conversion] = {
    "wgs84": _unchanged,
    "gcj02": gcj02_to_wgs84,
    "bd09": bd09_to_wgs84,
}
_FROM_WGS84: dict[str, _Conversion] = {
    "wgs84": _unchanged,
    "gcj02": wgs84_to_gcj02,
    "bd09": wgs84_to_bd09,
}


def _convert(
    table: dict[str, _Conversion], datum: str, longitude: ArrayLike, latitude: ArrayLike
) -> Pair:
    if datum not in table:
        raise ValueError(f"unknown datum {datum!r}: use one of {', '.join(table)}")
    return table[datum](longitude, latitude)
