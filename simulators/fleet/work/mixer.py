"""Mixers: load at the plant, haul with the drum forward, discharge at the site in reverse."""

from __future__ import annotations

from collections.abc import Iterator

from model.signals import NO, YES, YES_ALSO
from simulators.city.city import City
from simulators.fleet.driver import Driver

REVERSE = YES_ALSO


def mixer_work(driver: Driver, city: City, sites: tuple[str, ...]) -> Iterator[None]:
    """Round trips over the sites in turn, always round the centre; one `yield` a trip."""
    plant = city.place("P1").inside
    driver.drive_to(plant, "to_plant", {"ignition": YES, "loaded": NO, "drum": NO}, avoid=True)
    turn = 0
    while True:
        driver.wait(driver.chance.uniform(300, 600), "loading", ignition=YES, loaded=NO, drum=YES)
        site = city.place(sites[turn % len(sites)]).inside
        driver.drive_to(
            site, "hauling", {"ignition": YES, "loaded": YES, "drum": YES}, avoid=True, kmh=45
        )
        driver.wait(driver.chance.uniform(200, 600), "waiting", ignition=YES, loaded=YES, drum=YES)
        seconds = driver.chance.uniform(400, 800)
        driver.wait(seconds, "discharging", ignition=YES, loaded=YES, drum=REVERSE)
        driver.drive_to(
            plant, "returning", {"ignition": YES, "loaded": NO, "drum": NO}, avoid=True, kmh=45
        )
        turn += 1
        yield
