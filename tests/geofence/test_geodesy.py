"""Distances and frames against Vincenty's formula and the haversine, at all latitudes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geofence.geodesy import LocalFrames, ground_distance_m
from tests.geofence.oracle import haversine_m, vincenty_m

longitudes = st.floats(-180, 180)
latitudes = st.floats(-84, 84)
ZERO = np.zeros(1, np.intp)


def test_the_oracle_is_right() -> None:
    """A degree of longitude on the equator, and Vincenty's own check line of Melbourne."""
    assert vincenty_m(0, 0, 1, 0) == pytest.approx(111_319.4908, abs=0.001)
    flinders = (144 + 25 / 60 + 29.52440 / 3600, -(37 + 57 / 60 + 3.72030 / 3600))
    buninyong = (143 + 55 / 60 + 35.38390 / 3600, -(37 + 39 / 60 + 10.15610 / 3600))
    assert vincenty_m(*flinders, *buninyong) == pytest.approx(54_972.271, abs=0.01)


@given(longitudes, latitudes, st.floats(-0.3, 0.3), st.floats(-0.3, 0.3))
def test_ground_distance(lon: float, lat: float, east: float, north: float) -> None:
    found = float(ground_distance_m(lon, lat, lon + east, lat + north))
    exact = vincenty_m(lon, lat, lon + east, lat + north)
    assert found == pytest.approx(exact, rel=1e-5, abs=1e-3)
    assert found == pytest.approx(haversine_m(lon, lat, lon + east, lat + north), rel=0.006, abs=1)


@given(longitudes, latitudes, longitudes, latitudes)
def test_across_the_world_it_stays_within_four_percent(
    lon_1: float, lat_1: float, lon_2: float, lat_2: float
) -> None:
    found = float(ground_distance_m(lon_1, lat_1, lon_2, lat_2))
    assert found == pytest.approx(haversine_m(lon_1, lat_1, lon_2, lat_2), rel=0.04, abs=10)


@given(longitudes, latitudes, st.floats(-50_000, 50_000), st.floats(-50_000, 50_000))
def test_a_frame_gives_back_what_it_took(lon: float, lat: float, x: float, y: float) -> None:
    frames = LocalFrames.about(lon, lat)
    there = frames.unproject(ZERO, np.array([x]), np.array([y]))
    back_x, back_y = frames.project(ZERO, *there)
    assert back_x[0] == pytest.approx(x, abs=1e-6)
    assert back_y[0] == pytest.approx(y, abs=1e-6)


@given(longitudes, latitudes, st.floats(-25_000, 25_000), st.floats(-25_000, 25_000))
def test_lengths_in_a_frame_are_lengths_on_the_ground(
    lon: float, lat: float, x: float, y: float
) -> None:
    frames = LocalFrames.about(lon, lat)
    lon_2, lat_2 = frames.unproject(ZERO, np.array([x]), np.array([y]))
    exact = vincenty_m(lon, lat, float(lon_2[0]), float(lat_2[0]))
    assert np.hypot(x, y) == pytest.approx(exact, rel=2e-5, abs=1e-3)


@given(longitudes, latitudes, st.floats(0, 360))
def test_far_points_keep_their_distance(lon: float, lat: float, bearing: float) -> None:
    """A plane would fold the far side of the world onto the near one."""
    frames = LocalFrames.about(lon, lat)
    lon_2, lat_2 = (lon + 90 + bearing / 4) % 360 - 180, -lat
    x, y = frames.project(ZERO, lon_2, lat_2)
    exact = haversine_m(lon, lat, lon_2, lat_2)
    assert np.hypot(x, y)[0] == pytest.approx(exact, rel=0.04, abs=10)


def test_many_frames_in_one_call() -> None:
    frames = LocalFrames.about([121.0, 87.6, -70.0], [31.0, 43.8, -33.0])
    which = np.array([2, 0, 1, 0])
    x, y = frames.project(which, frames.longitude[which], np.array([-33.0, 31.0, 43.8, 31.0]))
    assert np.abs(x).max() < 1e-6
    assert np.abs(y).max() < 1e-6
