"""The fleet: deterministic, physically possible, and it does what its roles promise."""

from __future__ import annotations

import hashlib
from collections import Counter

import numpy as np
import pytest

from model.signals import NO, YES, field
from simulators.city import build_city
from simulators.city.frame import METRES_PER_DEGREE_LATITUDE, METRES_PER_DEGREE_LONGITUDE
from simulators.city.names import stream
from simulators.fleet import Fleet, build_fleet
from simulators.fleet.calendar import Appointments

ORIGIN_US = 1_790_000_000 * 1_000_000
HOUR_S = 3_600


def fleet(seed: int = 7, **options: object) -> Fleet:
    return build_fleet(build_city(7), seed, ORIGIN_US, **options)  # type: ignore[arg-type]


def test_same_seed_same_fixes() -> None:
    digests = {
        hashlib.sha256(b"".join(unit.fixes(0, HOUR_S).tobytes() for unit in fleet().units))
        .hexdigest()
        for _ in range(2)
    }  # fmt: skip
    assert len(digests) == 1
    other = b"".join(unit.fixes(0, HOUR_S).tobytes() for unit in fleet(seed=8).units)
    assert hashlib.sha256(other).hexdigest() not in digests


def test_fixes_do_not_depend_on_how_they_are_asked_for() -> None:
    whole = {u.identity: u.fixes(0, 2 * HOUR_S) for u in fleet().units}
    for unit in fleet().units:
        parts = [unit.fixes(start, start + 300) for start in range(0, 2 * HOUR_S, 300)]
        np.testing.assert_array_equal(np.concatenate(parts), whole[unit.identity])


def test_kinds_of_forty_units() -> None:
    kinds = Counter(unit.kind for unit in fleet().units)
    assert sum(kinds.values()) == 40
    assert set(kinds) == {
        "muck_truck", "sweeper", "water_truck", "mixer", "garbage_truck", "inspector",
    }  # fmt: skip
    versions = Counter(unit.version for unit in fleet().units if unit.protocol == "jt808")
    assert versions[2013] > 5
    assert versions[2019] > 5


@pytest.mark.parametrize("units", [6, 41, 300])
def test_any_size(units: int) -> None:
    made = fleet(units=units).units
    assert len(made) == units
    assert len({unit.identity for unit in made}) == units


def test_speed_from_the_plan_equals_the_reported_speed() -> None:
    """Second by second: the way made good is what the speed says, and nobody teleports."""
    for unit in fleet().units:
        times = np.arange(0, 2 * HOUR_S, dtype=np.int64)
        at = unit.timeline.at(times)
        step_m = np.hypot(np.diff(at.x_m), np.diff(at.y_m))
        mean_ms = (at.speed_ms[1:] + at.speed_ms[:-1]) / 2
        assert step_m.max() < 24
        assert at.speed_ms.max() < (85 if unit.role == "speeds" else 60) / 3.6
        # A chord is never longer than the way; corners make it shorter.
        assert (step_m <= mean_ms + 1.0).all()
        assert abs(step_m.sum() - mean_ms.sum()) < 0.06 * mean_ms.sum() + 20
        assert (np.abs(np.diff(at.speed_ms)) < 1.6).all()
        assert (np.diff(at.odometer_m) > -0.01).all()


def test_noise_is_metres_not_streets() -> None:
    for unit in fleet().units:
        if unit.habits.poor_gnss or unit.role == "biased":
            continue
        fixes = unit.fixes(0, HOUR_S)
        if not len(fixes):
            continue
        at = unit.timeline.at(fixes["time_s"])
        east = (fixes["longitude_e6"] / 1e6 - 118.80) * METRES_PER_DEGREE_LONGITUDE - at.x_m
        north = (fixes["latitude_e6"] / 1e6 - 32.05) * METRES_PER_DEGREE_LATITUDE - at.y_m
        off = np.hypot(east, north)
        assert np.median(off) < 9
        assert (off > 40).mean() < 0.05


def test_muck_trucks_haul_loaded_and_come_back_empty() -> None:
    truck = next(unit for unit in fleet().units if unit.kind == "muck_truck")
    at = truck.timeline.at(np.arange(0, 4 * HOUR_S, 5, dtype=np.int64))
    loaded = field(at.signals, "loaded")
    moving = at.speed_ms > 3
    assert (moving & (loaded == YES)).sum() > 100
    assert (moving & (loaded == NO)).sum() > 100
    raised = field(at.signals, "body_raised") == YES
    assert raised.any()
    assert not (raised & moving).any()


def test_truck_without_sensors_says_unknown_never_no() -> None:
    truck = next(u for u in fleet().units if u.kind == "muck_truck" and u.role == "no_sensor")
    fixes = truck.fixes(0, 4 * HOUR_S)
    assert (field(fixes["signals"], "loaded") == 0).all()
    assert (field(fixes["signals"], "cover_closed") == 0).all()


def test_dead_zone_fixes_are_sent_late_and_not_lost() -> None:
    unit = next(u for u in fleet().units if u.role == "dead_zone")
    fixes = unit.fixes(0, 10 * HOUR_S)
    late = fixes[fixes["send_s"] > fixes["time_s"]]
    assert len(late) > 10
    assert (late["send_s"] - late["time_s"]).max() > 300


def test_day_shift_reports_only_on_duty() -> None:
    unit = next(u for u in fleet().units if u.role == "day_shift")
    fixes = unit.fixes(0, 24 * HOUR_S)
    hours = (ORIGIN_US // 1_000_000 + fixes["time_s"] + 8 * 3600) // 3600 % 24
    assert len(fixes) > 2_000
    assert set(np.unique(hours)) <= set(range(8, 20))


@pytest.mark.parametrize("after_s", [-700.0, 500.0])
def test_appointments_never_miss_the_first_live_one(after_s: float) -> None:
    for seed in range(50):
        due = Appointments(stream(seed, "due"), 43_200.0, after_s)
        kept = []
        while due.due_s < 60_000:
            kept.append(due.due_s)
            due.done(due.due_s + 100)
        assert 43_200 + after_s in kept
        assert kept == sorted(kept)
