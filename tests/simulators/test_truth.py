"""Ground truth: every rule is broken by a margin, nearly broken by others, and graded fairly."""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest

from simulators.city import build_city
from simulators.facts import CRITERIA
from simulators.fleet import build_fleet
from simulators.judge import Raised, judge, read_violations
from simulators.rulings import RULINGS
from simulators.truth import TruthKeeper

ORIGIN_US = 1_790_000_000 * 1_000_000
LIVE_S = 43_200
SELDOM = ("driving_too_long", "point_not_served")
# Half a day is too short for a sensor to be dead; the usual city has no cameras, no timed routes.
NOT_HERE = {"dead_sensor", "unknown_plate", "route_not_finished", "skipped_waypoint"}
UNITS = 80  # enough for every role
BREAKERS = {
    "uncovered_load": {"uncovered"},
    "route_deviation": {"detour"},
    "wrong_direction": {"turns_back"},
    "operating_hours": {"centre"},
    "forbidden_area": {"closed_area"},
    "unwashed_exit": {"unwashed"},
    "illegal_dumping": {"dumps"},
    "mixer_discharge": {"roadside"},
    "point_not_served": {"skips_stands"},
    "driving_too_long": {"restless"},
    "late_start": {"idle"},
    "not_working": {"idle"},
    "coverage_short": {"idle"},
    "speeding": {"speeds"},
    "not_spraying": {"dry"},
    "not_sweeping": {"brush_up"},
    "sweeping_too_fast": {"too_fast"},
    "spraying_too_fast": {"too_fast"},
    "left_area": {"leaves_area"},
    "stop_too_long": {"stands"},
    "vehicle_offline": {"offline"},
    "gnss_lost": {"blind"},
    "frozen_position": {"frozen"},
    "impossible_jump": {"jumps"},
    "antenna_cut": {"antenna_cut"},
    "power_cut": {"power_cut"},
    "contradictory_sensors": {"ignition_wire"},
    "mocked_position": {"mocked"},
    "inspector_off_grid": {"off_grid"},
    "inspector_silent": {"silent"},
}


@pytest.fixture(scope="module")
def keeper() -> TruthKeeper:
    fleet = build_fleet(build_city(7), 7, ORIGIN_US, units=UNITS, live_s=float(LIVE_S))
    made = TruthKeeper(fleet)
    for until_s in range(7_800, LIVE_S + 3_601, 7_800):
        made.extend(until_s)
    return made


@pytest.fixture(scope="module")
def roles() -> dict[str, str]:
    fleet = build_fleet(build_city(7), 7, ORIGIN_US, units=UNITS, live_s=float(LIVE_S))
    return {unit.identity: unit.role for unit in fleet.units}


def test_every_rule_is_broken_by_those_who_mean_to(
    keeper: TruthKeeper, roles: dict[str, str]
) -> None:
    who = defaultdict(set)
    for truth in keeper.truths():
        who[truth.kind].add(roles[truth.identity])
    assert who == BREAKERS


def test_truths_exceed_their_thresholds_by_a_margin(keeper: TruthKeeper) -> None:
    counts = Counter(truth.kind for truth in keeper.truths())
    usual = {kind for kind, ruling in RULINGS.items() if not ruling.tags} - NOT_HERE
    assert usual == set(BREAKERS)
    assert set(counts) == usual  # the usual mix has no papers, so nobody breaks their rules
    for kind in usual:
        criterion = CRITERIA[kind]
        assert counts[kind] >= (1 if kind in SELDOM else 2), kind
        if criterion.event:
            continue  # it happens or not: there is no time to exceed
        smallest = min(t.margin for t in keeper.truths() if t.kind == kind)
        assert smallest >= criterion.sure_s / criterion.threshold_s >= 1.2


def test_something_is_under_way_when_live_begins(keeper: TruthKeeper) -> None:
    """Long enough before to be raised within minutes, not so long that history raised it all."""
    under_way = {t.kind for t in keeper.truths() if LIVE_S - 900 < t.from_s < LIVE_S + 120}
    assert {"uncovered_load", "inspector_silent", "inspector_off_grid"} <= under_way
    assert len(under_way) >= 4


def test_those_who_nearly_break_a_rule_are_not_tolerated(
    keeper: TruthKeeper, roles: dict[str, str]
) -> None:
    """A violation of theirs would be graded false."""
    honest = [i for i, role in roles.items() if role not in set.union(*BREAKERS.values())]
    for identity in honest:
        for kind in CRITERIA:
            assert keeper.tolerated(identity, kind) == [], (roles[identity], kind)


def test_a_perfect_server_gets_a_perfect_grade(keeper: TruthKeeper) -> None:
    raised = [
        Raised(number, truth.kind, truth.identity, truth.from_s + 20, truth.to_s - 10)
        for number, truth in enumerate(keeper.truths())
    ]
    grade = judge(keeper, raised, LIVE_S + 3_600)
    assert grade.summary() == {
        "raised": len(raised), "true": len(raised), "false": 0, "missed": 0, "pending": 0,
    }  # fmt: skip


def test_a_server_that_raises_nothing_misses_what_is_due(keeper: TruthKeeper) -> None:
    grade = judge(keeper, [], LIVE_S + 3_600)
    assert grade.missed + sum(grade.pending.values()) == len(keeper.truths())
    assert grade.missed > 20
    early = judge(keeper, [], 0)
    assert early.missed == 0


def test_wrong_unit_wrong_kind_wrong_time_are_false(
    keeper: TruthKeeper, roles: dict[str, str]
) -> None:
    truth = next(t for t in keeper.truths() if t.kind == "uncovered_load")
    other = next(identity for identity, role in roles.items() if role == "honest")
    wrong = [
        Raised(1, truth.kind, other, truth.from_s, truth.to_s),
        Raised(2, "route_deviation", truth.identity, truth.from_s, truth.to_s),
        Raised(3, truth.kind, truth.identity, truth.from_s - 2_000, truth.from_s - 1_800),
        Raised(4, "no_such_rule", truth.identity, truth.from_s, truth.to_s),
    ]
    grade = judge(keeper, wrong, LIVE_S + 3_600)
    assert (grade.raised, grade.true, grade.false) == (4, 0, 4)


def test_violations_are_read_as_the_api_shows_them() -> None:
    row = {
        "id": 5,
        "device": {"id": 1},
        "rule": {"kind": "uncovered_load"},
        "started_at": "2026-09-21T14:13:20Z",
        "ended_at": None,
        "finding": "standing",
    }
    origin_us = 1_789_997_600 * 1_000_000
    rows = [row, {**row, "finding": "withdrawn"}, {**row, "device": {"id": 99}}]
    (found,) = read_violations(rows, {1: "13800000001"}, origin_us, 4_000.0)
    assert (found.identity, found.from_s, found.to_s) == ("13800000001", 2_400.0, 4_000.0)
