"""Garbage trucks: from stand to stand, then to the transfer station."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from model.signals import NO, YES, YES_ALSO
from simulators.city.city import City
from simulators.fleet.calendar import Appointments, DayWindow
from simulators.fleet.driver import Driver

HALF = YES_ALSO
REST_AFTER_S = 5_400.0
WINDOWS: tuple[DayWindow, ...] = ((0, 360), (360, 720), (720, 1080), (1080, 1440))
SKIPS = (2, 5)  # these stands of a round
SKIPS_FOR_S = 47_000.0  # two windows, whenever it begins
SOON_S = 600.0


@dataclass(slots=True)
class CollectionPlan:
    """One truck's stands, its role, and when that is due; `seconds`: how long it skips stands."""

    city: City
    stands: list[int]
    role: str
    appointments: Appointments
    seconds: float | None = None
    skips_until_s: float = 0.0


def garbage_work(driver: Driver, plan: CollectionPlan) -> Iterator[None]:
    """Rounds without end; one `yield` a round."""
    while True:
        _note_skipping(driver, plan)
        for count, stand in enumerate(plan.stands):
            if count in SKIPS and driver.now_s < plan.skips_until_s:
                continue
            filled = NO if count == 0 else HALF
            driver.drive_to(
                stand, "to_stand", {"ignition": YES, "loaded": filled, "body_raised": NO}
            )
            seconds = driver.chance.uniform(150, 260)
            driver.wait(seconds, "collecting", ignition=YES, loaded=HALF, body_raised=NO)
        empty_at_station(driver, plan.city)
        driver.rest(REST_AFTER_S, loaded=NO, body_raised=NO)
        yield


def empty_at_station(driver: Driver, city: City) -> None:
    """Weigh, tip and wash at the transfer station."""
    full = {"ignition": YES, "loaded": YES, "body_raised": NO}
    driver.drive_to(city.place("D3").inside, "to_station", full)
    driver.wait(60, "weighing", **full)
    driver.wait(80, "tipping", ignition=YES, loaded=HALF, body_raised=YES)
    seconds = driver.chance.uniform(200, 500)
    driver.wait(seconds, "washing", ignition=YES, loaded=NO, body_raised=NO)


def _note_skipping(driver: Driver, plan: CollectionPlan) -> None:
    if plan.role == "skips_stands" and plan.appointments.due_s <= driver.now_s + SOON_S:
        plan.appointments.done(driver.now_s)
        plan.skips_until_s = driver.now_s + (plan.seconds or SKIPS_FOR_S)
