"""Garbage trucks with a timed route: round it from stand to stand, then to the transfer station."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from model.signals import NO, YES
from simulators.city.city import City
from simulators.city.loops import Loop
from simulators.fleet.calendar import Appointments
from simulators.fleet.driver import Driver
from simulators.fleet.work.garbage import HALF, REST_AFTER_S, empty_at_station

STAND_EVERY = 3  # crossings
ROUND_S = 4_500.0
OTHERWISE = ("short_cut", "turns_home")
OTHERWISE_FOR_S = 47_000.0  # two windows, whenever it begins


@dataclass(slots=True)
class RoutePlan:
    """One truck's route, its role, and when that is due; `seconds`: for how long."""

    city: City
    loop: Loop
    role: str
    appointments: Appointments
    seconds: float | None = None
    otherwise_until_s: float = 0.0


def route_work(driver: Driver, plan: RoutePlan) -> Iterator[None]:
    """Rounds without end; one `yield` a round."""
    driver.drive_to(plan.city.place("D3").inside, "to_station", _signals(NO))
    while True:
        if plan.role in OTHERWISE and plan.appointments.due_s < driver.now_s + ROUND_S:
            # The next round would be too late for it: it waits at the station.
            driver.wait(plan.appointments.due_s - driver.now_s, "queueing", **_signals(NO))
            plan.appointments.done(driver.now_s)
            plan.otherwise_until_s = driver.now_s + (plan.seconds or OTHERWISE_FOR_S)
        special = plan.role if driver.now_s < plan.otherwise_until_s else ""
        driver.drive_to(plan.loop.start, "to_route", _signals(NO))
        _collect(driver, _nodes(plan.loop, special))
        empty_at_station(driver, plan.city)
        driver.rest(REST_AFTER_S, loaded=NO, body_raised=NO)
        yield


def _nodes(loop: Loop, special: str) -> Sequence[int]:
    """What is driven of the route: all, across past the middle, or up to the first waypoint."""
    first, _, last = (loop.nodes.index(node) for node in loop.waypoints)
    if special == "short_cut":
        return (*loop.nodes[:first], *loop.short_cut, *loop.nodes[last + 1 :])
    return loop.nodes[: first + 1] if special == "turns_home" else loop.nodes


def _collect(driver: Driver, nodes: Sequence[int]) -> None:
    for count, (a, b) in enumerate(pairwise(nodes)):
        filled = NO if count < STAND_EVERY else HALF
        driver.follow(driver.network.way(a, b), "on_route", _signals(filled))
        if count % STAND_EVERY == STAND_EVERY - 1:
            driver.wait(driver.chance.uniform(100, 200), "collecting", **_signals(HALF))


def _signals(loaded: int) -> dict[str, int]:
    return {"ignition": YES, "loaded": loaded, "body_raised": NO}
