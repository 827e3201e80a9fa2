"""Sweepers and water trucks: passes up and down their own road, breaks and refills at the depot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from model.signals import NO, YES
from simulators.city.city import City, WorkRoad
from simulators.fleet.calendar import Appointments, DayWindow, left_s, next_start_s
from simulators.fleet.driver import REST_S, Driver
from simulators.fleet.timeline import Change

SWEEPING_KMH, SPRAYING_KMH = 8.0, 12.0
DRY_S, NEARLY_DRY_S = 780.0, 90.0
PASS_S = 1_600.0
WATER_ROLES = ("dry", "too_fast", "nearly_dry", "no_sensor", "dry", "idle", "nearly_fast", "honest")
SWEEPER_ROLES = ("brush_up", "too_fast", "leaves_area", "stands", "honest", "nearly_stands")
ON_THE_ROAD = ("dry", "nearly_dry", "brush_up", "too_fast", "nearly_fast", "leaves_area",
               "stands", "nearly_stands")  # fmt: skip
IDLE = {"dry": DRY_S, "nearly_dry": NEARLY_DRY_S, "brush_up": DRY_S}
STANDS = {"stands": 2_700.0, "nearly_stands": 900.0}
AWAY_S, IN_DEPOT_S, IDLE_SOON_S = 600.0, 14_400.0, 1_200.0
HALF_S = 14_400.0
TOO_FAST_KMH = {"sweeper": 25.0, "water_truck": 32.0}
NEARLY_FAST_KMH = {"sweeper": 12.0, "water_truck": 16.5}
REST_AFTER_S, LATEST_REST_S = 3_600.0, 5_400.0
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

    `seconds`: how long it stays dry, stands or stays away, `kmh`: how fast it works; None: the
    role's own. `away`: a node outside its area.
    """

    city: City
    kind: str
    road: WorkRoad
    windows: Sequence[DayWindow]
    role: str
    origin_us: int
    appointments: Appointments
    away: int
    seconds: float | None = None
    kmh: float | None = None
    half_until_s: float = 0.0


def round_work(driver: Driver, plan: RoundPlan) -> Iterator[None]:
    """Passes while the window is open, the depot in between; one `yield` a pass or break."""
    depot = plan.city.place("K1").inside
    travelling = _signals(plan, TRAVELLING)
    while True:
        if plan.role == "idle" and plan.appointments.due_s < driver.now_s + IDLE_SOON_S:
            _stay_in_depot(driver, plan, travelling)
            yield
        open_s = left_s(plan.windows, plan.origin_us, driver.now_s)
        if open_s < 600:
            driver.drive_to(depot, "to_depot", travelling)
            start_s = driver.now_s
            until_s = next_start_s(plan.windows, plan.origin_us, driver.now_s + 1)
            driver.wait(until_s - driver.now_s, "parked", **{**travelling, "ignition": NO})
            driver.rested_s = driver.now_s if until_s - start_s > REST_S[0] else driver.rested_s
            yield
            continue
        driver.drive_to(plan.road.nodes[0], "to_road", travelling)
        yield from _passes(driver, plan)
        if left_s(plan.windows, plan.origin_us, driver.now_s) > 3_000:
            driver.drive_to(depot, "to_depot", travelling)
            driver.wait(driver.chance.uniform(420, 720), "refilling", **travelling)
            soon = plan.appointments.due_s - driver.now_s < LATEST_REST_S
            after_s = LATEST_REST_S if soon and plan.role in ON_THE_ROAD else REST_AFTER_S
            driver.rest(after_s, **{k: v for k, v in travelling.items() if k != "ignition"})
            yield


def _stay_in_depot(driver: Driver, plan: RoundPlan, travelling: dict[str, int]) -> None:
    """Park, until well after the window has opened."""
    driver.drive_to(plan.city.place("K1").inside, "to_depot", travelling)
    plan.appointments.done(max(driver.now_s, plan.appointments.due_s))
    until_s = max(driver.now_s, plan.appointments.kept[-1]) + (plan.seconds or IN_DEPOT_S)
    driver.wait(until_s - driver.now_s, "parked", **{**travelling, "ignition": NO})
    driver.rested_s = driver.now_s


def _passes(driver: Driver, plan: RoundPlan) -> Iterator[None]:
    """Up and down, twice; a waiting appointment is met at the road's end."""
    road = _reach(driver, plan)
    for turn in range(4):
        if left_s(plan.windows, plan.origin_us, driver.now_s) < 300:
            return
        special = plan.role if _meet(driver, plan) else ""
        if special in (*STANDS, "leaves_area"):
            _interrupt(driver, plan, special)
        nodes = road if driver.node == road[0] else road[::-1]
        edges = [edge for a, b in pairwise(nodes) for edge in _direct(plan, a, b)]
        start_s = driver.now_s
        lights = 0.0 if special else 0.04
        driver.follow(
            edges, "working", _signals(plan, WORKING), kmh=_kmh(plan, special), lights=lights,
            over=2.0 if special == "too_fast" else 1.0,
        )  # fmt: skip
        if special in IDLE:
            seconds = plan.seconds or IDLE[special]
            signal = "spraying" if plan.kind == "water_truck" else "brush_down"
            driver.timeline.changes.append(Change(start_s + 5, start_s + 5 + seconds, signal, NO))
        if special in ON_THE_ROAD and special not in (*STANDS, "leaves_area"):
            plan.appointments.done(start_s)
        yield
        if turn % 2:
            driver.wait(driver.chance.uniform(60, 200), "pause", **_signals(plan, TRAVELLING))


def _reach(driver: Driver, plan: RoundPlan) -> tuple[int, ...]:
    """The road, or only its first half while it is somebody's way not to work the rest."""
    if plan.role == "half" and plan.appointments.due_s <= driver.now_s + IDLE_SOON_S:
        plan.appointments.done(driver.now_s)
        plan.half_until_s = driver.now_s + (plan.seconds or HALF_S)
    nodes = plan.road.nodes
    return nodes[: len(nodes) // 2 + 1] if driver.now_s < plan.half_until_s else nodes


def _interrupt(driver: Driver, plan: RoundPlan, special: str) -> None:
    """Before the pass: stand at the roadside with the engine on, or go where it has no business."""
    travelling, here = _signals(plan, TRAVELLING), driver.node
    plan.appointments.done(driver.now_s)
    if special in STANDS:
        driver.wait(plan.seconds or STANDS[special], "standing", **travelling)
        return
    driver.drive_to(plan.away, "away", travelling)
    driver.wait(plan.seconds or AWAY_S, "away", **travelling)
    driver.drive_to(here, "coming_back", travelling)


def _kmh(plan: RoundPlan, special: str) -> float:
    if special == "too_fast":
        return plan.kmh or TOO_FAST_KMH[plan.kind]
    if special == "nearly_fast":
        return NEARLY_FAST_KMH[plan.kind]
    return SWEEPING_KMH if plan.kind == "sweeper" else SPRAYING_KMH


def _direct(plan: RoundPlan, start: int, end: int) -> tuple[int, ...]:
    return plan.city.network.way(start, end)


def _meet(driver: Driver, plan: RoundPlan) -> bool:
    """Whether this pass is the special one; waits at the roadside until it is due."""
    due_s = plan.appointments.due_s
    # Who is to stand does not wait for it first: that would be standing, too.
    ahead_s = 0.0 if plan.role in STANDS else PASS_S
    if plan.role not in ON_THE_ROAD or due_s > driver.now_s + ahead_s:
        return False
    lasts_s = (plan.seconds or DRY_S) + 60
    if left_s(plan.windows, plan.origin_us, max(due_s, driver.now_s)) < lasts_s:
        return False  # the window closes too early for it
    if due_s > driver.now_s:
        driver.wait(due_s - driver.now_s, "pause", **_signals(plan, TRAVELLING))
    return True


def _signals(plan: RoundPlan, table: dict[str, dict[str, int]]) -> dict[str, int]:
    signals = dict(table[plan.kind])
    if plan.role == "no_sensor":
        signals.pop("spraying", None)
    return signals
