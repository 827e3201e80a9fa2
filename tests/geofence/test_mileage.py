"""Days of units: hand-made tracks, and parts that must add up to the whole."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from api.mileage_view import day_json
from geofence.mileage import day_sums
from model.signals import YES, pack
from tests.geofence.test_visits import SECOND_US, track

SHANGHAI, UTC = ZoneInfo("Asia/Shanghai"), ZoneInfo("UTC")


def test_mileage_by_local_day() -> None:
    """At 36 km/h eastwards over midnight in Shanghai, with a stand, a silence and a jump."""
    rows = track([(57_500.0 + 10 * step, 1_060 * step, 0) for step in range(20)])
    rows["odometer_m"] = np.arange(len(rows)) * 100
    rows["signals"] = pack(ignition=YES)
    rows["signals"][:4] = pack(ignition=YES, brush_down=YES)
    before, after = map(day_json, day_sums(rows, SHANGHAI))
    assert (before["day"], after["day"]) == ("1970-01-01", "1970-01-02")
    assert (before["moving_s"], after["moving_s"]) == (90.0, 100.0)
    assert (before["work_s"], after["work_s"]) == (40.0, 0.0)
    assert abs(before["distance_km"] + after["distance_km"] - 19 * 0.1) < 0.02
    assert (before["odometer_km"], before["idle_s"], before["unknown_s"]) == (0.9, 0.0, 0.0)
    assert (before["max_speed_kmh"], before["fixes"]) == (36.0, 10)
    silent = rows.copy()
    silent["time_us"][5:] += 1_000 * SECOND_US
    assert day_json(day_sums(silent, UTC)[0])["unknown_s"] == 1_010.0
    over_midnight = rows.copy()
    over_midnight["time_us"][10:] += 1_000 * SECOND_US
    assert day_sums(over_midnight, SHANGHAI)["unknown_us"].tolist() == [0, 0]
    rows["speed_kmh_e1"][:10] = 0
    stood, _ = map(day_json, day_sums(rows, SHANGHAI))
    assert (stood["distance_km"], stood["idle_s"], stood["moving_s"]) == (0.0, 90.0, 0.0)
    (jump,) = map(day_json, day_sums(track([(0, 0, 0), (10, 50_000, 0), (20, 0, 0)]), UTC))
    assert (jump["distance_km"], jump["odometer_km"]) == (0, None)
    assert not len(day_sums(rows[:0], UTC))


def test_an_odometer_that_goes_back_says_nothing() -> None:
    rows = track([(10.0 * step, 1_060 * step, 0) for step in range(4)])
    rows["odometer_m"] = [500, -1, 400, 900]
    (day,) = day_sums(rows, UTC)
    assert (day["odometer_readings"], day["odometer_reset"]) == (3, True)
    assert day_json(day)["odometer_km"] is None


@given(
    st.lists(st.tuples(st.integers(1, 900), st.integers(-1, 40)), min_size=2, max_size=60),
    st.integers(1, 59),
)
def test_parts_add_up(steps: list[tuple[int, int]], cut: int) -> None:
    """What comes later, begun at the last fix before it, adds to what was there."""
    rows = track([(0.0, 0, 0)] * len(steps))
    rows["time_us"] = np.cumsum([took for took, _ in steps]) * 100 * SECOND_US
    rows["longitude_e6"] += np.cumsum([speed * 40 for _, speed in steps]).astype(np.int32)
    rows["speed_kmh_e1"] = [speed if speed < 0 else speed * 10 for _, speed in steps]
    rows["odometer_m"] = [speed * 7 for _, speed in steps]
    whole = {int(day["day"]): day for day in day_sums(rows, SHANGHAI)}
    cut = min(cut, len(rows) - 1)
    counted = np.arange(len(rows) - cut + 1) > 0
    parts = [*day_sums(rows[:cut], SHANGHAI), *day_sums(rows[cut - 1 :], SHANGHAI, counted)]
    for name in ("fixes", "distance_mm", "moving_us", "idle_us", "unknown_us"):
        sums = dict.fromkeys(whole, 0)
        for part in parts:
            sums[int(part["day"])] += int(part[name])
        assert sums == {day: int(found[name]) for day, found in whole.items()}
