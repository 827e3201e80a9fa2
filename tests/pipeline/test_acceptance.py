"""What may enter the positions table."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.position import FixSource, PositionBatch, empty_rows
from pipeline.acceptance import (
    ACCEPTED,
    EPOCHS_US,
    GPS_WEEK_ROLLOVER_US,
    MAX_ATTRIBUTES_CHARACTERS,
    REASONS,
    Window,
    distrust_null_island,
    refusals,
)

NOW_US = 1_800_000_000_000_000
DAY_US = 86_400_000_000
WINDOW = Window.around(NOW_US, 90 * DAY_US)


def one(**columns: Any) -> PositionBatch:
    rows = empty_rows(1)
    rows["time_us"] = NOW_US
    rows["longitude_e6"], rows["latitude_e6"] = 118_800_000, 32_050_000
    rows["fix_source"] = FixSource.GNSS
    for name, value in columns.items():
        rows[name] = value
    return PositionBatch(rows)


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({}, None),
        ({"time_us": NOW_US - 90 * DAY_US}, None),
        ({"time_us": NOW_US - 90 * DAY_US - 1}, "time_out_of_range"),
        ({"time_us": NOW_US + 600_000_000}, None),
        ({"time_us": NOW_US + 600_000_001}, "time_out_of_range"),
        ({"time_us": 0}, "time_out_of_range"),
        ({"time_us": NOW_US + DAY_US}, "time_out_of_range"),
        ({"time_us": -(2**63)}, "time_out_of_range"),
        ({"time_us": 2**63 - 1}, "time_out_of_range"),
        ({"longitude_e6": 180_000_000}, None),
        ({"longitude_e6": -180_000_000}, None),
        ({"longitude_e6": 180_000_001}, "coordinates_out_of_range"),
        ({"longitude_e6": -(2**31)}, "coordinates_out_of_range"),
        ({"latitude_e6": 90_000_000}, None),
        ({"latitude_e6": 90_000_001}, "coordinates_out_of_range"),
        ({"latitude_e6": -90_000_001}, "coordinates_out_of_range"),
        ({"time_us": 0, "latitude_e6": 99_000_000}, "time_out_of_range"),
        ({"time_us": NOW_US - GPS_WEEK_ROLLOVER_US}, "week_rollover"),
        ({"time_us": NOW_US - 2 * GPS_WEEK_ROLLOVER_US - 3_600_000_000}, "week_rollover"),
        ({"time_us": NOW_US - GPS_WEEK_ROLLOVER_US - 2 * DAY_US}, "time_out_of_range"),
        ({"time_us": EPOCHS_US[0] + 5_000_000}, "clock_not_set"),
        ({"time_us": EPOCHS_US[1] - 8 * 3_600_000_000}, "clock_not_set"),  # in local time
        ({"longitude_e6": 32_050_000, "latitude_e6": 118_800_000}, "coordinates_swapped"),
        ({"longitude_e6": 0, "latitude_e6": 118_800_000}, "coordinates_out_of_range"),
        ({"longitude_e6": 32_050_000, "latitude_e6": 32_050_000}, None),
        ({"speed_kmh_e1": 20_000}, None),  # kept as it was said
    ],
)
def test_limits(columns: dict[str, Any], reason: str | None) -> None:
    found = int(refusals(one(**columns), WINDOW)[0])
    assert (None if found == ACCEPTED else REASONS[found]) == reason


integers_32 = st.integers(-(2**31), 2**31 - 1)
integers_64 = st.integers(-(2**63), 2**63 - 1)


@settings(deadline=None)
@given(st.lists(st.tuples(integers_64, integers_32, integers_32), min_size=1, max_size=50))
def test_nothing_outside_ever_passes(fixes: list[tuple[int, int, int]]) -> None:
    rows = empty_rows(len(fixes))
    rows["time_us"], rows["longitude_e6"], rows["latitude_e6"] = zip(*fixes, strict=True)
    accepted = refusals(PositionBatch(rows), WINDOW) == ACCEPTED
    for good, (time_us, longitude, latitude) in zip(accepted.tolist(), fixes, strict=True):
        inside = NOW_US - 90 * DAY_US <= time_us <= NOW_US + 600_000_000
        on_earth = abs(longitude) <= 180_000_000 and abs(latitude) <= 90_000_000
        assert good == (inside and on_earth)


def test_null_island_is_kept_as_not_positioned() -> None:
    batch = PositionBatch.join(
        [
            one(longitude_e6=0, latitude_e6=0),
            one(longitude_e6=0),
            one(latitude_e6=0),
            one(longitude_e6=0, latitude_e6=0, fix_source=FixSource.LBS),
        ]
    )
    distrust_null_island(batch.rows)
    assert np.array_equal(batch.rows["fix_source"], [0, 1, 1, 0])


def test_attributes_have_a_limit() -> None:
    batch = PositionBatch.join([one(), one(), one(time_us=0)])
    batch.attributes[:] = [
        '"' + "x" * (MAX_ATTRIBUTES_CHARACTERS - 2) + '"',
        '"' + "x" * (MAX_ATTRIBUTES_CHARACTERS - 1) + '"',
        '"' + "x" * MAX_ATTRIBUTES_CHARACTERS + '"',
    ]
    found = [None if n == ACCEPTED else REASONS[n] for n in refusals(batch, WINDOW).tolist()]
    assert found == [None, "attributes_too_large", "time_out_of_range"]
