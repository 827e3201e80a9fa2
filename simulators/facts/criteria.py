"""The table of facts: a rule kind's threshold, how far beyond it a truth must lie, and its test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from model.vehicles import VEHICLES, UnitKind
from simulators.facts import (
    attendance,
    conduct,
    coverage,
    dust,
    duties,
    hours,
    papers,
    patrol,
    route,
    seen,
    sensors,
    stays,
    waypoints,
)
from simulators.facts.scene import Facts, Scene
from simulators.fleet.unit import Unit

RED_LIGHT_S = 75.0
MUCK, MIXER = UnitKind.MUCK_TRUCK.value, UnitKind.MIXER.value
GARBAGE = UnitKind.GARBAGE_TRUCK.value
SWEEPER, WATER = UnitKind.SWEEPER.value, UnitKind.WATER_TRUCK.value
INSPECTOR = UnitKind.INSPECTOR.value
DUE = (1, 30, 5)  # told for a minute when something is over
Needs = Literal["place", "fix", "word", "silence"]


@dataclass(frozen=True, slots=True)
class Criterion:
    """`threshold_s`: the rule's minimum duration; `sure_s`, `maybe_s`: of a demand, of a doubt.

    `needs`: what the server must be told to judge: a true place, any fix, any word, or silence.
    `signals`: the sensors that it hangs on. `gap_s`: a pause so long, as at a red light, does not
    cut a truth in two. `event`: it happens at a moment, so that lost reports do not hide it.
    `of_black_trucks`: judges those that are in no register, and only them.
    """

    units: tuple[str, ...]
    test: Callable[[Scene], Facts]
    threshold_s: float
    sure_s: float
    maybe_s: float
    needs: Needs = "place"
    signals: tuple[str, ...] = ()
    gap_s: float = RED_LIGHT_S
    event: bool = False
    of_black_trucks: bool = False


CRITERIA: dict[str, Criterion] = {
    # route
    "route_deviation": Criterion((MUCK,), route.off_route, 600, 760, 420),
    "wrong_direction": Criterion((MUCK,), route.wrong_direction, 30, 90, 15),
    "forbidden_area": Criterion((MUCK, MIXER), route.forbidden_area, 120, 200, 75),
    "left_area": Criterion((SWEEPER, WATER), route.left_area, 300, 420, 200),
    "route_not_finished": Criterion(
        (GARBAGE,), coverage.route_not_finished, 1, 30, 5, needs="word", event=True
    ),
    "skipped_waypoint": Criterion(
        (GARBAGE,), waypoints.skipped_waypoint, 1, 30, 5, needs="word", event=True
    ),
    "point_not_served": Criterion(
        (GARBAGE,), duties.point_not_served, 1, 30, 5, needs="word", event=True
    ),
    # hours
    "operating_hours": Criterion((MUCK, MIXER), hours.forbidden_hours, 120, 160, 75),
    "stop_too_long": Criterion(VEHICLES, hours.stop_too_long, 1_800, 2_160, 1_560, gap_s=45),
    "driving_too_long": Criterion(
        VEHICLES, hours.driving_too_long, 1, 300, 5, needs="fix", event=True
    ),
    "late_start": Criterion((WATER,), duties.late_start, 1, 30, 5, needs="word", event=True),
    "not_working": Criterion((WATER,), duties.not_working, 1, 30, 5, needs="word", event=True),
    # dust
    "coverage_short": Criterion(
        (WATER,), coverage.coverage_short, 1, 30, 5, needs="word", event=True
    ),
    "uncovered_load": Criterion((MUCK,), dust.uncovered, 60, 110, 40, signals=("cover_closed",)),
    "unwashed_exit": Criterion((MUCK,), dust.unwashed_exit, 1, 30, 5, event=True),
    "illegal_dumping": Criterion((MUCK,), dust.illegal_dumping, 1, 75, 5, event=True),
    "mixer_discharge": Criterion((MIXER,), dust.mixer_discharge, 150, 230, 75),
    "not_spraying": Criterion((WATER,), dust.not_spraying, 180, 250, 120, signals=("spraying",)),
    "not_sweeping": Criterion((SWEEPER,), dust.not_sweeping, 180, 250, 120, gap_s=45),
    "spraying_too_fast": Criterion(
        (WATER,), dust.spraying_too_fast, 60, 130, 30, needs="fix", signals=("spraying",)
    ),
    "sweeping_too_fast": Criterion((SWEEPER,), dust.sweeping_too_fast, 60, 130, 30, needs="fix"),
    # conduct and integrity
    "speeding": Criterion(VEHICLES, conduct.speeding, 20, 80, 10, needs="fix"),
    "vehicle_offline": Criterion(VEHICLES, conduct.offline, 1_800, 2_160, 1_560, needs="silence"),
    "gnss_lost": Criterion(
        (*VEHICLES, INSPECTOR), conduct.gnss_lost, 600, 780, 420, needs="word"
    ),
    "frozen_position": Criterion(VEHICLES, conduct.frozen_position, 180, 260, 90, needs="fix"),
    "impossible_jump": Criterion(
        VEHICLES, conduct.impossible_jump, 1, 200, 5, needs="fix", event=True
    ),
    "antenna_cut": Criterion(VEHICLES, conduct.antenna_cut, 120, 200, 75, needs="word"),
    "power_cut": Criterion(VEHICLES, conduct.power_cut, 120, 200, 75),
    "contradictory_sensors": Criterion(
        VEHICLES, conduct.contradictory_sensors, 120, 200, 60, needs="word", signals=("spraying",)
    ),
    "dead_sensor": Criterion(
        VEHICLES, sensors.dead_sensor, 1, 300, 5, needs="fix", event=True
    ),
    "mocked_position": Criterion(
        (INSPECTOR,), conduct.mocked_position, 60, 130, 30, needs="word"
    ),
    # papers
    "no_permit": Criterion((MUCK,), papers.no_permit, 60, 200, 20),
    "no_waybill": Criterion((MUCK,), papers.no_waybill, 60, 150, 5),
    "off_permit_dump": Criterion((MUCK,), papers.off_permit_dump, 1, 30, 5, event=True),
    "waybill_unmatched": Criterion(
        (MUCK,), papers.waybill_unmatched, 1, 30, 5, needs="word", event=True
    ),
    # plate sightings: what the camera sees needs no word of the terminal
    "unknown_plate": Criterion(
        (MUCK,), seen.unknown_plate, 1, 30, 5, needs="silence", event=True, of_black_trucks=True
    ),
    "no_permit_seen": Criterion(
        (MUCK,), seen.no_permit_seen, 1, 30, 5, needs="silence", event=True
    ),
    "terminal_silent_seen": Criterion(
        (MUCK,), seen.terminal_silent_seen, 1, 30, 5, needs="silence", event=True
    ),
    "seen_elsewhere": Criterion((MUCK,), seen.seen_elsewhere, 1, 30, 5, needs="word", event=True),
    # patrol
    "absent_in_shift": Criterion((INSPECTOR,), attendance.absent, *DUE, "silence", event=True),
    "late_arrival": Criterion((INSPECTOR,), attendance.late, *DUE, "silence", event=True),
    "left_early": Criterion((INSPECTOR,), attendance.left_early, *DUE, "silence", event=True),
    "missed_check_in": Criterion(
        (INSPECTOR,), attendance.missed_check_in, *DUE, "silence", event=True
    ),
    "patrol_short": Criterion((INSPECTOR,), attendance.patrol_short, *DUE, "silence", event=True),
    "stays_too_long": Criterion(
        (INSPECTOR,), stays.stays_too_long, *DUE, needs="fix", event=True
    ),
    "inspector_off_grid": Criterion((INSPECTOR,), patrol.off_grid, 300, 400, 200),
    "inspector_silent": Criterion(
        (INSPECTOR,), patrol.silent, 900, 1_080, 660, needs="silence"
    ),
}  # fmt: skip


def criteria_of(unit: Unit) -> list[tuple[str, Criterion]]:
    """What a unit can break."""
    return [
        (name, entry)
        for name, entry in CRITERIA.items()
        if unit.kind in entry.units and unit.reports != entry.of_black_trucks
    ]
