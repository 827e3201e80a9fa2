"""Distances by other means than the code under test uses: Vincenty on WGS-84, and the haversine."""

from __future__ import annotations

from math import asin, atan, atan2, cos, radians, sin, sqrt, tan

A_M, F = 6_378_137.0, 1 / 298.257223563
B_M = A_M * (1 - F)


def haversine_m(lon_1: float, lat_1: float, lon_2: float, lat_2: float) -> float:
    """On a sphere: up to 0.6 % off the ellipsoid."""
    phi_1, phi_2 = radians(lat_1), radians(lat_2)
    half = sin((phi_2 - phi_1) / 2) ** 2
    half += cos(phi_1) * cos(phi_2) * sin(radians(lon_2 - lon_1) / 2) ** 2
    return 2 * 6_371_008.8 * asin(sqrt(half))


def vincenty_m(lon_1: float, lat_1: float, lon_2: float, lat_2: float) -> float:
    """T. Vincenty, Survey Review XXIII (1975): 0.5 mm, for points that are not antipodal."""
    if (lon_1, lat_1) == (lon_2, lat_2):
        return 0.0
    u_1, u_2 = atan((1 - F) * tan(radians(lat_1))), atan((1 - F) * tan(radians(lat_2)))
    difference = lam = radians(lon_2 - lon_1)
    for _ in range(100):
        sin_s = sqrt(
            (cos(u_2) * sin(lam)) ** 2 + (cos(u_1) * sin(u_2) - sin(u_1) * cos(u_2) * cos(lam)) ** 2
        )
        if sin_s == 0:
            return 0.0
        cos_s = sin(u_1) * sin(u_2) + cos(u_1) * cos(u_2) * cos(lam)
        sigma = atan2(sin_s, cos_s)
        sin_a = cos(u_1) * cos(u_2) * sin(lam) / sin_s
        cos2_a = 1 - sin_a**2
        cos_2m = cos_s - 2 * sin(u_1) * sin(u_2) / cos2_a if cos2_a > 1e-12 else 0.0
        c = F / 16 * cos2_a * (4 + F * (4 - 3 * cos2_a))
        before = lam
        inner = cos_2m + c * cos_s * (-1 + 2 * cos_2m**2)
        lam = difference + (1 - c) * F * sin_a * (sigma + c * sin_s * inner)
        if abs(lam - before) < 1e-13:
            break
    u2 = cos2_a * (A_M**2 - B_M**2) / B_M**2
    a = 1 + u2 / 16384 * (4096 + u2 * (-768 + u2 * (320 - 175 * u2)))
    b = u2 / 1024 * (256 + u2 * (-128 + u2 * (74 - 47 * u2)))
    inner = cos_s * (-1 + 2 * cos_2m**2)
    inner -= b / 6 * cos_2m * (-3 + 4 * sin_s**2) * (-3 + 4 * cos_2m**2)
    return B_M * a * (sigma - b * sin_s * (cos_2m + b / 4 * inner))
