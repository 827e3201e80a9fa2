"""Sweepers and water trucks: passes up and down their own road, breaks and refills at the depot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from model.signals import NO, YES
from simulators.city.city import City, WorkRoad
from simulators.fleet.calendar import Appointments, DayWindow, left_s, next_start_s
from simulators.fleet.driver import Driver
from simulators.fleet.timeline import Change

SWEEPING_KMH, SPRAYING_KMH = 8.0, 12.0
DRY_S, NEARLY_DRY_S = 780.0, 90.0
PASS_S = 1_300.0
WATER_ROLES = ("dry", "dry", "nearly_dry", "no_sensor", "honest", "honest")
# Two groups of windows: at any minute of the day at least one of them is open.
WATER_WINDOWS: tuple[tuple[DayWindow, ...], ...] = (
    ((0, 240), (360, 600), (720, 960), (1080, 1320)),
    ((180, 420), (540, 780), (900, 1140), (1260, 1440)),
)
ALWAYS: tuple[DayWindow, ...] = ((0, 1440),)
WORKING = {
    "sweeper": {"ignition": YES, "brush_down": YES, "suction": YES},
    "water_truck": {"ignition": YES, "spraying": YES},
}
TRAVELLING = {
    "sweeper": {"ignition": YES, "brush_down": NO, "suction": NO},
    "water_truck": {"ignition": YES, "spraying": NO},
}


@dataclass(slots=True)
class RoundPlan:
    """One vehicle's road, windows and role; `appointments` matter to the dry roles.

    `dry_s`: how long it stays dry; None: the role's own.
    """

    city: City
    kind: str
    road: WorkRoad
    windows: Sequence[DayWindow]
    role: str
    origin_us: int
    appointments: Appointments
    dry_s: float | None = None


def round_work(driver: Driver, plan: RoundPlan) -> Iterator[None]:
    """Passes while the window is open, the depot in between; one `yield` a pass or break."""
    depot = plan.city.place("K1").inside
    travelling = _signals(plan, TRAVELLING)
    while True:
        open_s = left_s(plan.windows, plan.origin_us, driver.now_s)
        if open_s < 600:
            driver.drive_to(depot, "to_depot", travelling)
            until_s = next_start_s(plan.windows, plan.origin_us, driver.now_s + 1)
            driver.wait(until_s - driver.now_s, "parked", **{**travelling, "ignition": NO})
            yield
            continue
        driver.drive_to(plan.road.nodes[0], "to_road", travelling)
        yield from _passes(driver, plan)
        if left_s(plan.windows, plan.origin_us, driver.now_s) > 3_000:
            driver.drive_to(depot, "to_depot", travelling)
            driver.wait(driver.chance.uniform(420, 720), "refilling", **travelling)
            yield


def _passes(driver: Driver, plan: RoundPlan) -> Iterator[None]:
    """Up and down, twice; a waiting appointment is met at the road's end."""
    for turn in range(4):
        if left_s(plan.windows, plan.origin_us, driver.now_s) < 300:
            return
        special = _meet(driver, plan)
        nodes = plan.road.nodes if driver.node == plan.road.nodes[0] else plan.road.nodes[::-1]
        edges = [edge for a, b in pairwise(nodes) for edge in _direct(plan, a, b)]
        start_s = driver.now_s
        kmh = SWEEPING_KMH if plan.kind == "sweeper" else SPRAYING_KMH
        lights = 0.0 if special else 0.04
        driver.follow(edges, "working", _signals(plan, WORKING), kmh=kmh, lights=lights)
        if special:
            seconds = plan.dry_s or (DRY_S if plan.role == "dry" else NEARLY_DRY_S)
            dry = Change(start_s + 5, start_s + 5 + seconds, "spraying", NO)
            driver.timeline.changes.append(dry)
            plan.appointments.done(start_s)
        yield
        if turn % 2:
            driver.wait(driver.chance.uniform(60, 200), "pause", **_signals(plan, TRAVELLING))


def _direct(plan: RoundPlan, start: int, end: int) -> tuple[int, ...]:
    return plan.city.network.way(start, end)


def _meet(driver: Driver, plan: RoundPlan) -> bool:
    """Whether this pass is the special one; waits at the roadside until it is due."""
    due_s = plan.appointments.due_s
    if plan.role not in ("dry", "nearly_dry") or due_s > driver.now_s + PASS_S:
        return False
    if left_s(plan.windows, plan.origin_us, max(due_s, driver.now_s)) < (plan.dry_s or DRY_S) + 60:
        return False  # the window closes too early for it
    if due_s > driver.now_s:
        driver.wait(due_s - driver.now_s, "pause", **_signals(plan, TRAVELLING))
    return True


def _signals(plan: RoundPlan, table: dict[str, dict[str, int]]) -> dict[str, int]:
    signals = dict(table[plan.kind])
    if plan.role == "no_sensor":
        signals.pop("spraying", None)
    return signals
