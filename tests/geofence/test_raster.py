"""Raster: the same answers as the exact test, whatever was asked before."""

from __future__ import annotations

from unittest import mock

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geofence.raster import Raster
from tests.geofence.test_index import box

CENTRE = shapely.Point(121.5, 31.2)
HOLED = shapely.Polygon(box(121, 31, 122, 32), [box(121.2, 31.2, 121.8, 31.8)[::-1]])
SHAPES = np.array([
    CENTRE.buffer(0.01),
    HOLED,
    shapely.MultiPolygon([CENTRE.buffer(0.001), shapely.box(121.6, 31.1, 121.7, 31.15)]),
    shapely.LineString([(121, 31), (121.5, 31.4), (122, 31.1)]).buffer(0.002),
    shapely.LineString([(121, 31), (122, 32)]),
    CENTRE.buffer(1e-8),  # finer than the margin
    CENTRE,
    None,
], object)  # fmt: skip
shapely.prepare(SHAPES)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32 - 1))
def test_answers_are_the_exact_ones(seed: int) -> None:
    random = np.random.default_rng(seed)
    raster = Raster(SHAPES)
    for _ in range(4):  # the later rounds meet cells that the earlier ones have settled
        shape = random.integers(0, len(SHAPES), 400)
        spread = random.choice([1e-7, 1e-4, 0.01, 0.5], 400)
        longitude = 121.5 + np.round(random.normal(0, 1, 400) * spread, 6)
        latitude = 31.2 + np.round(random.normal(0, 1, 400) * spread, 6)
        exact = shapely.intersects_xy(SHAPES[shape], longitude, latitude)
        assert (raster.contains(shape, longitude, latitude) == exact).all()


def test_a_settled_cell_needs_no_exact_test() -> None:
    raster = Raster(SHAPES)
    place = np.zeros(1, np.intp), np.array([121.5]), np.array([31.2])
    with (
        mock.patch.object(shapely, "intersects_xy", side_effect=AssertionError),
        pytest.raises(AssertionError),
    ):
        raster.contains(*place)
    assert raster.contains(*place)
    with mock.patch.object(shapely, "intersects_xy", side_effect=AssertionError):
        assert raster.contains(*place)
