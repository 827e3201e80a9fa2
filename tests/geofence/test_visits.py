"""Visits to an area and stops: hand-made tracks with an answer that is known beforehand."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from geofence.index import FenceIndex
from geofence.stops import stops
from geofence.visits import visits
from model.fences import Fence
from model.position import Rows, empty_rows
from model.rulebook import FAR_FUTURE_US

SECOND_US = 1_000_000


def road() -> FenceIndex:
    """A hundred metres of road along the 32nd parallel, 20 m wide."""
    return FenceIndex([
        Fence(
            id=1, version=1, organisation_id=1, responsible_organisation_id=1, name="road",
            shape="corridor", half_width_m=10.0, valid_from_us=0, valid_to_us=FAR_FUTURE_US,
            geometry={"type": "LineString", "coordinates": [[118.8, 32.0], [118.801, 32.0]]},
        )
    ])  # fmt: skip


def track(
    points: list[tuple[float, int, int]], *, device_id: int = 1, speed_kmh: float = 36.0
) -> Rows:
    """(seconds, longitude and latitude in millionths east and north of 118.8 32.0)."""
    rows = empty_rows(len(points))
    rows["device_id"] = device_id
    rows["time_us"] = [round(time_s * SECOND_US) for time_s, *_ in points]
    rows["longitude_e6"] = [118_800_000 + east for _, east, _ in points]
    rows["latitude_e6"] = [32_000_000 + north for *_, north in points]
    rows["fix_source"], rows["speed_kmh_e1"] = 1, round(speed_kmh * 10)
    return rows


def test_passes_are_joined_and_parted() -> None:
    through = [(0.0, 200, 5_000), (10.0, 200, 0), (20.0, 400, 20), (30.0, 400, 5_000)]
    again = [(200.0, 300, 5_000), (210.0, 300, 0), (220.0, 300, -5_000)]
    found = visits(road(), np.concatenate([track(through + again), track(through, device_id=2)]))
    assert [(v.device_id, v.from_us // SECOND_US, v.to_us // SECOND_US) for v in found] == [
        (1, 10, 20), (1, 210, 210), (2, 10, 20),
    ]  # fmt: skip
    assert (found[2].first, found[2].last) == (8, 9)


def test_a_road_crossed_between_two_fixes_was_passed() -> None:
    (found,) = visits(road(), track([(0.0, 500, 700), (10.0, 500, -700)]))
    assert (found.from_us, found.first) == (10 * SECOND_US, 1)
    assert not visits(road(), track([(0.0, 500, 700), (300.0, 500, -700)])), "nobody knows"
    assert not visits(road(), track([(0.0, 3_000, 700), (10.0, 3_000, -700)])), "beside it"


def test_a_stop_is_where_it_stood() -> None:
    drive = [(t, 1_000 * t, 0) for t in range(0, 50, 10)]
    stand = [(float(t), 40_000 + t % 30, t % 20) for t in range(50, 650, 10)]
    leave = [(float(t), 40_000 + 1_000 * (t - 640), 0) for t in range(650, 700, 10)]
    rows = track([*drive, *stand, *leave])
    rows["speed_kmh_e1"][len(drive) : -len(leave)] = 3
    (stop,) = stops(rows, 300)
    assert (stop.from_us, stop.to_us, stop.fixes) == (50 * SECOND_US, 640 * SECOND_US, 60)
    assert abs(stop.longitude - 118.84) < 0.00003
    assert (stop.first, stop.last) == (5, 64)
    assert not stops(rows, 600)


def test_a_short_move_in_one_place_does_not_end_a_stop_and_a_silence_does() -> None:
    stand = [(float(t), 0, 0) for t in range(0, 400, 10)]
    rows = track(stand, speed_kmh=0)
    rows["speed_kmh_e1"][15:20] = 60
    assert [stop.fixes for stop in stops(rows, 60)] == [35]
    rows["speed_kmh_e1"][15:35] = 60
    assert [stop.fixes for stop in stops(rows, 40)] == [15, 5]
    silent = track([*stand, *((t + 1_200, e, n) for t, e, n in stand)], speed_kmh=0)
    assert len(stops(silent, 60)) == 2


def test_without_a_speed_the_way_tells() -> None:
    rows = track([*((float(t), 0, 0) for t in range(0, 100, 10)), (100.0, 5_000, 0)])
    rows["speed_kmh_e1"] = -1
    (stop,) = stops(rows, 60)
    assert stop.to_us == 90 * SECOND_US


@given(st.lists(st.booleans(), min_size=1, max_size=60))
def test_stops_never_overlap_and_hold_only_slow_fixes(slow: list[bool]) -> None:
    rows = track([(10.0 * i, 0, 0) for i in range(len(slow))])
    rows["speed_kmh_e1"] = [0 if standing else 300 for standing in slow]
    found = stops(rows, 0)
    assert sum(stop.fixes for stop in found) == sum(slow)
    assert all(a.to_us < b.from_us for a, b in pairwise(found))
