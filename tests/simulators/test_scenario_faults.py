"""Each fault does what its page says, and only that, on real plans."""

from __future__ import annotations

import random
from itertools import groupby, pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.signals import field as signal_field
from protocols.contract import ProtocolError
from protocols.jt808.framing import Framer, unwrap, wrap
from simulators.fleet.receiver import Fixes
from simulators.scenario.plan import Plan, make_plan
from simulators.scenario.reading import parse_scenario
from simulators.scenario.spans import Timing
from simulators.scenario.wire import Line

HEAD = """\
about: Two trucks and an inspector under one fault
start: "2026-03-02 08:00"
hours: 3
fleet: {muck_truck: 2, inspector: 1}
faults:
"""
HOURS_S = 3 * 3_600


def plan_with(fault: str) -> Plan:
    text = HEAD + f"  - {{{fault}}}\n" if fault else HEAD.replace("faults:\n", "")
    return make_plan("a", *parse_scenario(text, Path("a.yaml")))


def fixes_with(fault: str, unit: int = 0) -> Fixes:
    chosen = plan_with(fault).fleet.units[unit]
    return np.concatenate([chosen.fixes(s, s + 3_600) for s in range(0, HOURS_S, 3_600)])


@pytest.fixture(scope="module")
def clean() -> Fixes:
    return fixes_with("")


def distance_m(a: Fixes, b: Fixes) -> np.ndarray:
    east = (a["longitude_e6"] - b["longitude_e6"]) * 0.0945
    north = (a["latitude_e6"] - b["latitude_e6"]) * 0.1109
    return np.hypot(east, north)


def test_drift_wanders_with_its_sigma(clean: Fixes) -> None:
    away_m = distance_m(fixes_with("kind: gnss_drift, size: 10"), clean)
    assert 7 < np.sqrt((away_m**2).mean() / 2) < 13
    steps_m = np.abs(np.diff(away_m))
    assert steps_m.mean() < away_m.mean()


def test_outliers_are_as_many_and_as_far_as_said(clean: Fixes) -> None:
    away_m = distance_m(fixes_with("kind: outliers, rate: 0.1, size: 300"), clean)
    far = away_m > 1
    assert 0.06 < far.mean() < 0.14
    assert np.allclose(away_m[far], 300, atol=2)


@pytest.mark.parametrize("kind", ["tunnel", "area_gnss_loss"])
def test_no_fix_lasts_from_to(clean: Fixes, kind: str) -> None:
    fixes = fixes_with(f'kind: {kind}, from: "09:00", to: "09:20"')
    inside = (fixes["time_s"] >= 3_600) & (fixes["time_s"] < 4_800)
    assert (fixes["fix_source"][inside] == 0).all()
    assert (fixes["fix_source"][~inside] == clean["fix_source"][~inside]).all()


def test_area_loss_is_the_same_for_all_and_tunnels_are_not() -> None:
    def lost(kind: str, unit: int) -> tuple[float, ...]:
        hidden = plan_with(f"kind: {kind}, rate: 0.1, minutes: 5").hidden.blind
        identity = plan_with("").fleet.units[unit].identity
        return tuple(span.from_s for span in hidden[identity])

    assert lost("area_gnss_loss", 0) == lost("area_gnss_loss", 1)
    assert lost("tunnel", 0) != lost("tunnel", 1)


def test_a_canyon_shifts_to_one_side_and_says_that_it_is_inaccurate(clean: Fixes) -> None:
    fixes = fixes_with('kind: urban_canyon, size: 40, from: "09:00", to: "09:30"')
    inside = (fixes["time_s"] >= 3_600) & (fixes["time_s"] < 5_400)
    away_m = distance_m(fixes, clean)
    assert np.allclose(away_m[inside], 40, atol=0.5)
    assert (away_m[~inside] == 0).all()
    assert (fixes["accuracy_m"][inside] == clean["accuracy_m"][inside] + 40).all()
    assert fixes["satellites"][inside].max() <= 5


def test_a_frozen_place_stands_while_the_odometer_runs(clean: Fixes) -> None:
    fixes = fixes_with('kind: frozen_fixes, from: "09:00", to: "09:30"')
    inside = (fixes["time_s"] >= 3_600) & (fixes["time_s"] < 5_400)
    assert len(np.unique(fixes["longitude_e6"][inside])) == 1
    assert (fixes["odometer_m"] == clean["odometer_m"]).all()


@pytest.mark.parametrize("seconds", [-40, 40])
def test_a_wrong_clock_shifts_times_and_keeps_nothing_back(clean: Fixes, seconds: int) -> None:
    fixes = fixes_with(f"kind: clock_skew, size: {seconds}")
    assert (fixes["time_s"] - clean["time_s"] == seconds).all()
    assert (fixes["send_s"] == clean["send_s"]).all()


def test_a_dead_sensor_says_nothing(clean: Fixes) -> None:
    fixes = fixes_with("kind: dead_sensor, signal: cover_closed")
    assert (signal_field(fixes["signals"], "cover_closed") == 0).all()
    assert (
        signal_field(fixes["signals"], "loaded") == signal_field(clean["signals"], "loaded")
    ).all()


def test_a_flapping_sensor_is_wrong_for_moments_only(clean: Fixes) -> None:
    fixes = fixes_with("kind: flapping_sensor, signal: cover_closed, rate: 1")
    wrong = signal_field(fixes["signals"], "cover_closed") != signal_field(
        clean["signals"], "cover_closed"
    )
    assert 0.02 < wrong.mean() < 0.15
    assert not (wrong[:-2] & wrong[1:-1] & wrong[2:]).any()


def test_loss_drops_its_share(clean: Fixes) -> None:
    assert 0.75 < len(fixes_with("kind: packet_loss, rate: 0.2")) / len(clean) < 0.85


def test_an_outage_keeps_fixes_until_its_end_and_uploads_newest_first() -> None:
    plan = plan_with('kind: outage, units: [muck truck 1], from: "09:00", to: "09:30"')
    unit = plan.fleet.units[0]
    fixes = unit.fixes(0, HOURS_S)
    inside = (fixes["time_s"] >= 3_600) & (fixes["time_s"] < 5_400)
    assert (fixes["send_s"][inside] == 5_401).all()
    assert unit.newest_first
    assert not plan.fleet.units[1].newest_first


def test_faults_do_not_shift_each_other() -> None:
    alone = fixes_with("kind: outliers, rate: 0.1, size: 300")
    both = fixes_with("kind: outliers, rate: 0.1, size: 300}\n  - {kind: dead_sensor")
    assert (alone["longitude_e6"] == both["longitude_e6"]).all()


@given(st.integers(0, 10**6), st.floats(0.01, 0.5), st.floats(60, 1_200))
def test_pieces_fill_their_share_and_do_not_touch(seed: int, rate: float, piece_s: float) -> None:
    spans = Timing(0, 86_400, piece_s, rate).spans(random.Random(seed))
    assert all(a.to_s <= b.from_s + 1e-6 for a, b in pairwise(spans))
    filled = sum(span.to_s - span.from_s for span in spans) / 86_400
    assert abs(filled - rate) <= piece_s / 86_400 + 1e-9


def read(pieces: list[bytes]) -> tuple[list[bytes], int]:
    """Good frames, and how many were bad."""
    framer, good, bad = Framer(), [], 0
    for piece in pieces:
        for frame, reason in framer.feed(piece):
            try:
                good += [unwrap(frame)] if reason is None else []
            except ProtocolError:
                bad += 1
    return good, bad


@given(st.lists(st.binary(min_size=20, max_size=60), min_size=1, max_size=8), st.integers(0, 999))
def test_a_bad_line_loses_no_frame_and_makes_none(contents: list[bytes], seed: int) -> None:
    frames = [wrap(content) for content in contents]
    clean, _ = read(frames)
    line = Line(random.Random(seed), duplicates=0.3, damaged=0.3, bytewise=0.5)
    good, _ = read(line.pieces(frames))
    assert distinct(good) == distinct(clean)


def distinct(frames: list[bytes]) -> list[bytes]:
    """Without those that repeat the one before."""
    return [frame for frame, _ in groupby(frames)]


def test_a_damaged_copy_never_passes() -> None:
    line = Line(random.Random(5))
    frame = wrap(bytes(range(40)))
    for _ in range(2_000):
        assert read([line.spoil(frame)])[0] == []


def test_storms_and_slow_readers_have_their_times() -> None:
    plan = plan_with("kind: reconnect_storm, minutes: 60")
    line = plan.lines[plan.fleet.units[0].identity]
    assert line.storms_s == (0.0, 3_600.0, 7_200.0)
    assert line.breaks_between(3_600, 3_840)
    assert not line.breaks_between(3_840, 7_200)
    restarts = plan_with("kind: server_restart, minutes: 60")
    assert restarts.restarts_s == [0.0, 3_600.0, 7_200.0]
    slow = plan_with('kind: slow_reader, from: "09:00", to: "09:30"')
    line = slow.lines[slow.fleet.units[0].identity]
    assert (line.is_slow(3_000), line.is_slow(4_000)) == (False, True)
