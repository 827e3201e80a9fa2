"""Grid: the same boxes as comparing every point with every box."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geofence.grid import CELLS_A_BOX, Grid


def plainly(
    boxes: np.ndarray, longitude: np.ndarray, latitude: np.ndarray
) -> list[tuple[int, int]]:
    west, south, east, north = boxes.T
    x, y = longitude[:, None], latitude[:, None]
    held = (x >= west) & (x <= east) & (y >= south) & (y <= north)
    return [(int(i), int(j)) for i, j in np.argwhere(held)]


@settings(deadline=None, max_examples=80)
@given(st.integers(0, 2**32 - 1), st.integers(0, 60), st.sampled_from([1e-6, 0.01, 1.0, 40.0]))
def test_the_boxes_are_those_of_comparing_all(seed: int, count: int, size: float) -> None:
    random = np.random.default_rng(seed)
    corner = random.normal((121, 31), random.choice([0.01, 3]), (count, 2))
    boxes = np.concatenate([corner, corner + random.exponential(size, (count, 2))], 1)
    boxes[random.random(count) < 0.1] = np.nan
    points = random.normal((121, 31), 2, (50, 2))
    points[:count] = boxes[:50, random.choice([[0, 1], [2, 3], [0, 3]])]  # corners
    longitude, latitude = np.nan_to_num(points).T
    point, box = Grid(boxes).holding(longitude, latitude)
    found = list(zip(point.tolist(), box.tolist(), strict=True))
    assert sorted(found) == plainly(boxes, longitude, latitude)
    assert point.tolist() == sorted(point.tolist())


@pytest.mark.parametrize("wide", [0, 20])
def test_lists_stay_short_whatever_the_sizes(wide: int) -> None:
    random = np.random.default_rng(1)
    corner = random.uniform((120, 30), (122, 32), (2_000, 2))
    boxes = np.concatenate([corner, corner + 0.001], 1)
    boxes[:wide] = 100, 20, 140, 40
    grid = Grid(boxes)
    assert len(grid._listed) <= CELLS_A_BOX * len(boxes) + 1_024
    point, _ = grid.holding(corner[:, 0], corner[:, 1])
    assert len(point) >= len(corner) + wide * (len(corner) - wide)
