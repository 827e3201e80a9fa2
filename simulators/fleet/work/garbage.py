"""Garbage trucks: from stand to stand, then to the transfer station."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from model.signals import NO, YES, YES_ALSO
from simulators.city.city import City
from simulators.fleet.driver import Driver

HALF = YES_ALSO
REST_AFTER_S = 5_400.0


def garbage_work(driver: Driver, city: City, stands: Sequence[int]) -> Iterator[None]:
    """Rounds without end; one `yield` a round."""
    station = city.place("D3").inside
    while True:
        for count, stand in enumerate(stands):
            filled = NO if count == 0 else HALF
            driver.drive_to(
                stand, "to_stand", {"ignition": YES, "loaded": filled, "body_raised": NO}
            )
            seconds = driver.chance.uniform(70, 200)
            driver.wait(seconds, "collecting", ignition=YES, loaded=HALF, body_raised=NO)
        driver.drive_to(station, "to_station", {"ignition": YES, "loaded": YES, "body_raised": NO})
        driver.wait(60, "weighing", ignition=YES, loaded=YES, body_raised=NO)
        driver.wait(80, "tipping", ignition=YES, loaded=HALF, body_raised=YES)
        driver.wait(
            driver.chance.uniform(200, 500), "washing", ignition=YES, loaded=NO, body_raised=NO
        )
        driver.rest(REST_AFTER_S, loaded=NO, body_raised=NO)
        yield
