"""GCJ-02 and BD-09: exact inverses in China, nothing outside, and known pairs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geofence.datum import (
    bd09_to_gcj02,
    bd09_to_wgs84,
    from_wgs84,
    gcj02_to_bd09,
    gcj02_to_wgs84,
    to_wgs84,
    wgs84_to_bd09,
    wgs84_to_gcj02,
)
from geofence.geodesy import ground_distance_m

# The offset's box less 2 km: at its edge the offset leaps, and an inverse cannot be single there.
china = st.tuples(st.floats(72.03, 137.81), st.floats(0.85, 55.80))
PAIRS = [
    (wgs84_to_gcj02, gcj02_to_wgs84),
    (gcj02_to_bd09, bd09_to_gcj02),
    (wgs84_to_bd09, bd09_to_wgs84),
]


@pytest.mark.parametrize(("there", "back"), PAIRS, ids=["gcj02", "bd09 on gcj02", "bd09"])
@given(points=st.lists(china, min_size=1, max_size=10))
def test_round_trip_below_a_centimetre(there, back, points) -> None:  # type: ignore[no-untyped-def]
    lon, lat = np.array(points).T
    found = back(*there(lon, lat))
    assert ground_distance_m(lon, lat, *found).max() < 0.01
    other_way = there(*back(lon, lat))
    assert ground_distance_m(lon, lat, *other_way).max() < 0.01


def test_20_000_points_of_china() -> None:
    random = np.random.default_rng(7)
    lon, lat = random.uniform(75, 134, 20_000), random.uniform(19, 53, 20_000)
    shifted = wgs84_to_gcj02(lon, lat)
    shift_m = ground_distance_m(lon, lat, *shifted)
    assert 400 < shift_m.mean() < 415
    assert shift_m.max() < 700
    assert ground_distance_m(lon, lat, *gcj02_to_wgs84(*shifted)).max() < 0.001


# WGS-84, GCJ-02, BD-09 as another implementation (prcoords 1.0.2, public domain) gives them.
KNOWN = [
    ((121.4737, 31.2304), (121.478223059, 31.228457738), (121.484781469, 31.234310594)),
    ((104.0648, 30.6586), (104.067305650, 30.656177434), (104.073796533, 30.662222455)),
    ((87.6168, 43.8256), (87.619649949, 43.826805393), (87.626099771, 43.832949795)),
    ((114.0579, 22.5431), (114.063013999, 22.540382814), (114.069563987, 22.546041559)),
]


@pytest.mark.parametrize(("wgs84", "gcj02", "bd09"), KNOWN)
def test_known_points(
    wgs84: tuple[float, float], gcj02: tuple[float, float], bd09: tuple[float, float]
) -> None:
    assert float(ground_distance_m(*wgs84_to_gcj02(*wgs84), *gcj02)) < 0.001
    assert float(ground_distance_m(*wgs84_to_bd09(*wgs84), *bd09)) < 0.001
    assert float(ground_distance_m(*bd09_to_gcj02(*bd09), *gcj02)) < 0.001


@given(st.floats(-180, 71), st.floats(-84, 84))
def test_outside_china_nothing_changes(lon: float, lat: float) -> None:
    for convert in (convert for pair in PAIRS for convert in pair):
        x, y = convert(lon, lat)
        assert (float(x), float(y)) == (lon, lat)


def test_mixed_points_in_one_call() -> None:
    lon, lat = np.array([13.4, 121.47]), np.array([52.5, 31.23])
    x, y = wgs84_to_gcj02(lon, lat)
    assert (x[0], y[0]) == (13.4, 52.5)
    assert x[1] != 121.47
    assert len(wgs84_to_gcj02([], [])[0]) == 0


def test_by_name() -> None:
    assert from_wgs84("wgs84", 121.0, 31.0) == (121.0, 31.0)
    for datum in ("gcj02", "bd09"):
        there = from_wgs84(datum, 121.0, 31.0)  # type: ignore[arg-type]
        lon, lat = to_wgs84(datum, *there)  # type: ignore[arg-type]
        assert (float(lon), float(lat)) == pytest.approx((121.0, 31.0), abs=1e-9)
    with pytest.raises(ValueError, match="gcj02"):
        to_wgs84("mars", 121.0, 31.0)  # type: ignore[arg-type]
