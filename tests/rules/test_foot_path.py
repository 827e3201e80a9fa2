"""Fused places, stays and the length of a walk, of paths with known truths and seeded noise."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geofence.geodesy import LocalFrames, ground_distance_m
from model.position import FixSource, Rows, empty_rows
from rules.foot_path import fuse, length_m, stays

LONGITUDE, LATITUDE = 121.43, 31.23
FRAME = LocalFrames.about(LONGITUDE, LATITUDE)


def path(
    east_m: np.ndarray, north_m: np.ndarray, accuracy_m: float, seed: int, step_s: int = 10
) -> Rows:
    """Fixes of a true path with noise of the stated accuracy (68 % within)."""
    rng = np.random.default_rng(seed)
    sigma = accuracy_m / 1.51  # of each axis: 68 % of a Rayleigh distribution lie within 1.51
    noise = rng.normal(0, sigma, (2, len(east_m)))
    frame = np.zeros(len(east_m), np.intp)
    longitude, latitude = FRAME.unproject(frame, east_m + noise[0], north_m + noise[1])
    rows = empty_rows(len(east_m))
    rows["time_us"] = 1_790_000_000_000_000 + np.arange(len(east_m)) * step_s * 1_000_000
    rows["longitude_e6"], rows["latitude_e6"] = np.round(longitude * 1e6), np.round(latitude * 1e6)
    rows["accuracy_m"], rows["fix_source"] = round(accuracy_m), FixSource.GNSS
    return rows


def still(seconds: int, accuracy_m: float, seed: int) -> Rows:
    zeros = np.zeros(seconds // 10)
    return path(zeros, zeros, accuracy_m, seed)


def walk(metres: float, accuracy_m: float, seed: int) -> Rows:
    """A walk along the streets: right turns every 130 m, 1.3 m/s."""
    along = np.arange(0, metres, 13.0)
    legs, rest = np.divmod(along, 130.0)
    return path((legs // 2 + 0) * 130 + rest * (legs % 2 == 0) + 130 * (legs % 2 == 1),
                (legs // 2) * 130 + rest * (legs % 2 == 1), accuracy_m, seed)  # fmt: skip


def walked_m(rows: Rows) -> float:
    fused = fuse(rows)
    return length_m(fused, stays(rows, fused))


def raw_m(rows: Rows) -> float:
    longitude, latitude = rows["longitude_e6"] / 1e6, rows["latitude_e6"] / 1e6
    legs_m = ground_distance_m(longitude[:-1], latitude[:-1], longitude[1:], latitude[1:])
    return float(legs_m.sum())


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("accuracy_m", [5.0, 15.0, 40.0])
def test_standing_still_for_an_hour_is_no_way(accuracy_m: float, seed: int) -> None:
    rows = still(3_600, accuracy_m, seed)
    assert raw_m(rows) > 1_000
    assert walked_m(rows) < 60


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("accuracy_m", [3.0, 8.0, 15.0])
def test_a_walk_keeps_its_length(accuracy_m: float, seed: int) -> None:
    assert walked_m(walk(3_900, accuracy_m, seed)) == pytest.approx(3_900, rel=0.1)


def test_a_stay_within_a_walk_is_found_despite_a_stray_fix() -> None:
    first, last = walk(650, 8, 1), walk(650, 8, 2)
    pause = still(600, 8, 3)
    for name in ("longitude_e6", "latitude_e6"):
        pause[name] += first[name][-1] - pause[name][0]
        last[name] += first[name][-1] - last[name][0]
    pause["longitude_e6"][30] += 5_000  # half a kilometre off
    rows = np.concatenate([first, pause, last])
    rows["time_us"] = rows["time_us"][0] + np.arange(len(rows)) * 10_000_000
    fused = fuse(rows)
    found = [stay for stay in stays(rows, fused) if stay.to_us - stay.from_us > 300_000_000]
    assert len(found) == 1
    assert found[0].first == pytest.approx(50, abs=3)
    assert fused.accuracy_m[80] < 20
    assert found[0].last == pytest.approx(109, abs=3)
    assert length_m(fused, stays(rows, fused)) == pytest.approx(1_300, rel=0.12)


def test_a_cell_tower_among_satellites_hardly_moves_the_path() -> None:
    rows = walk(390, 8, 4)
    true_longitude = rows["longitude_e6"][15] / 1e6
    rows["longitude_e6"][15] += 6_000
    rows["accuracy_m"][15], rows["fix_source"][15] = 900, FixSource.LBS
    fused = fuse(rows)
    off_m = ground_distance_m(
        fused.longitude[15], fused.latitude[15], true_longitude, rows["latitude_e6"][15] / 1e6
    )
    assert off_m < 25  # of 570 m
    assert walked_m(rows) == pytest.approx(390, rel=0.12)


def test_a_cell_tower_alone_is_believed_as_far_as_it_goes() -> None:
    rows = still(20, 900, 5)[:1]
    rows["fix_source"] = FixSource.LBS
    fused = fuse(rows)
    assert fused.longitude[0] == pytest.approx(rows["longitude_e6"][0] / 1e6)
    assert fused.accuracy_m[0] == pytest.approx(900)


def test_nothing_is_drawn_from_before_a_long_gap() -> None:
    rows = walk(26, 8, 6)[:2]
    rows["time_us"][1] += 600_000_000
    fused = fuse(rows)
    assert fused.longitude == pytest.approx(rows["longitude_e6"] / 1e6)
    assert fused.accuracy_m == pytest.approx([8, 8])


def test_fixes_of_one_moment_are_weighed_by_their_accuracy() -> None:
    rows = still(20, 10, 7)
    rows["time_us"] = rows["time_us"][0]
    rows["accuracy_m"] = [10, 30]
    rows["longitude_e6"] = [121_430_000, 121_431_000]
    assert fuse(rows).longitude == pytest.approx([121.4301, 121.4301])


def test_no_fix_is_no_path() -> None:
    assert walked_m(empty_rows(0)) == 0


@given(
    st.lists(
        st.tuples(
            st.integers(0, 4_000),
            st.integers(-180_000_000, 180_000_000),
            st.integers(-90_000_000, 90_000_000),
            st.integers(-1, 32_767),
            st.sampled_from([1, 2, 3]),
        ),
        max_size=40,
    )
)
def test_whatever_comes_is_fused_to_places_on_the_globe(
    given_rows: list[tuple[int, int, int, int, int]],
) -> None:
    rows = empty_rows(len(given_rows))
    for row, (seconds, longitude, latitude, accuracy, source) in zip(
        rows, sorted(given_rows), strict=True
    ):
        row["time_us"], row["longitude_e6"], row["latitude_e6"] = (
            seconds * 10**6,
            longitude,
            latitude,
        )
        row["accuracy_m"], row["fix_source"] = accuracy, source
    fused = fuse(rows)
    found = stays(rows, fused)
    assert np.isfinite(fused.longitude).all()
    assert (np.abs(fused.longitude) <= 180).all()
    assert (np.abs(fused.latitude) <= 90).all()
    assert (fused.accuracy_m > 0).all()
    assert length_m(fused, found) >= 0
    assert all(a.last < b.first for a, b in pairwise(found))
