"""Mixers: load at the plant, haul with the drum forward, discharge at the site in reverse."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from model.signals import NO, YES, YES_ALSO
from simulators.city.city import City
from simulators.fleet.calendar import Appointments
from simulators.fleet.driver import REST_S, Driver

REVERSE = YES_ALSO
ROADSIDE_S = 480.0
CLOSED_KMH = 15.0
ROLES = (
    "roadside", "closed_area", "restless", "speeds", "honest", "nearly_roadside", "honest", "honest"
)  # fmt: skip
LIVE_AFTER_S = {0: 300.0, 1: 900.0}
TRIP_S = 3_600.0
REST_AFTER_S, LATEST_REST_S, RESTLESS_S = 5_400.0, 7_200.0, 19_000.0
LOADED = {"ignition": YES, "loaded": YES, "drum": YES}
EMPTY = {"ignition": YES, "loaded": NO, "drum": NO}


@dataclass(slots=True)
class MixerPlan:
    """One mixer's sites in turn, its role, and when that is due.

    `seconds`: how long it discharges outside, or drives without a break; `kmh`: how fast it races.

    `restless`: it is, from its appointment on, until it has had a break after all.
    """

    city: City
    sites: tuple[str, ...]
    role: str
    appointments: Appointments
    seconds: float | None = None
    kmh: float | None = None
    restless: bool = False


def mixer_work(driver: Driver, plan: MixerPlan) -> Iterator[None]:
    """Round trips over the sites in turn, always round the centre; one `yield` a trip."""
    plant = plan.city.place("P1").inside
    driver.drive_to(plant, "to_plant", EMPTY, avoid=True)
    turn = 0
    while True:
        special = _load_up(driver, plan)
        site = plan.city.place(plan.sites[turn % len(plan.sites)]).inside
        start_s = driver.now_s
        if special.endswith("roadside"):
            _discharge_on_the_way(driver, plan, site, special)
        driver.drive_to(site, "hauling", LOADED, avoid=True, kmh=45)
        wait_s, seconds = driver.chance.uniform(200, 600), driver.chance.uniform(400, 800)
        if plan.restless:  # or the two of them would be a rest
            wait_s, seconds = wait_s / 4, seconds / 2
        driver.wait(wait_s, "waiting", **LOADED)
        driver.wait(seconds, "discharging", ignition=YES, loaded=YES, drum=REVERSE)
        if not special.endswith("roadside"):
            start_s = driver.now_s
        _come_back(driver, plan, plant, special)
        if special:
            plan.appointments.done(start_s)
        turn += 1
        yield
        _rest(driver, plan)


def _load_up(driver: Driver, plan: MixerPlan) -> str:
    """Load, longer when the next appointment is near; the role when it is due on this trip."""
    due_s = plan.appointments.due_s
    load_s = driver.chance.uniform(300, 600)
    is_due = plan.role not in ("honest", "restless") and due_s < driver.now_s + load_s + TRIP_S
    lead_s = 300.0 if plan.role.endswith("roadside") else 2_100.0
    if is_due:
        load_s = max(load_s, due_s - lead_s - driver.now_s)
    driver.wait(load_s, "loading", ignition=YES, loaded=NO, drum=YES)
    return plan.role if is_due else ""


def _discharge_on_the_way(driver: Driver, plan: MixerPlan, site: int, special: str) -> None:
    """Turn the drum round by the road; nearly: for half a minute."""
    way = plan.city.network.way(driver.node, site, True)
    driver.follow(way[: len(way) // 2], "hauling", LOADED, kmh=45, lights=0.1)
    seconds = plan.seconds or (25.0 if special.startswith("nearly") else ROADSIDE_S)
    driver.wait(30, "roadside", **LOADED)
    driver.wait(seconds, "roadside", ignition=YES, loaded=YES, drum=REVERSE)
    driver.wait(30, "roadside", **LOADED)


def _come_back(driver: Driver, plan: MixerPlan, plant: int, special: str) -> None:
    if special == "closed_area":
        node = plan.city.quarter_node
        driver.go_via(node, plant, "through_quarter", EMPTY, CLOSED_KMH, avoid=True)
    elif special == "speeds":
        driver.rush_to(plant, EMPTY, plan.kmh)
    else:
        driver.drive_to(plant, "returning", EMPTY, avoid=True, kmh=45)


def _rest(driver: Driver, plan: MixerPlan) -> None:
    due = plan.appointments
    if plan.role == "restless" and due.due_s <= driver.now_s:
        plan.restless = True
        due.done(due.due_s)
    soon = due.due_s - driver.now_s < TRIP_S + REST_S[1]
    after_s = LATEST_REST_S if soon else REST_AFTER_S
    if plan.restless:
        after_s = plan.seconds or RESTLESS_S
    if driver.rest(after_s, loaded=NO, drum=NO):
        plan.restless = False
