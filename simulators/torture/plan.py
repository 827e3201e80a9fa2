"""What a torture run sends: report `number` of unit `place` is always the same fix.

So that two runs can be compared, and a stored row says which report it is: a unit's fixes are
EVERY_S apart in event time, from the plan's base on. Trucks speed, stand too long and cross a
closed area; handsets say that they are mocked. All of it repeats every CYCLE fixes.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np

from model.position import FixSource
from model.signals import NO, SIGNALS, YES
from simulators.fleet.receiver import Fixes
from simulators.fleet.unit import FIX_DTYPE

EVERY_S = 10
MAX_NUMBERS = 10_000  # of a unit: 28 hours of event time
BEGIN_BEFORE_S = 30 * 3_600  # so long before the run's beginning lies the first fix
CYCLE = 120
SPEEDS_KMH_E1 = np.repeat([360, 792, 0, 360], [50, 20, 30, 20])  # speeding at 50, standing at 70
MOCKED = (30, 60)  # of a handset's cycle
PHASE_BETWEEN_UNITS = 17
WEST_E6, SOUTH_E6 = 118_700_000, 32_000_000
E6_A_METRE = 10.6  # of longitude, at this latitude
STREET_M = 20_000  # driven to its end, and back
CLOSED_M = (4_000, 6_000)  # of every street
FIRST_PHONE, FIRST_HANDSET = 15_900_000_000, "TT"

_STEPS_M = SPEEDS_KMH_E1 * EVERY_S / 36.0
_ALONG_M = np.concatenate([[0.0], np.cumsum(_STEPS_M)])  # within a cycle


@dataclass(frozen=True, slots=True)
class Unit:
    """`place`: its number among all units; trucks speak JT/T 808 over TCP, inspectors JSON over
    MQTT."""

    place: int
    identity: str
    protocol: str
    kind: str


@dataclass(frozen=True, slots=True)
class TorturePlan:
    """Who sends, how fast (reports a second of one unit), and when event time began (UTC)."""

    seed: int
    trucks: int
    handsets: int
    rate: float
    base_s: int

    @property
    def units(self) -> tuple[Unit, ...]:
        """Trucks first."""
        trucks = [Unit(n, str(FIRST_PHONE + n), "jt808", "muck_truck") for n in range(self.trucks)]
        handsets = [
            Unit(self.trucks + n, f"{FIRST_HANDSET}{n:06d}", "handset", "inspector")
            for n in range(self.handsets)
        ]
        return (*trucks, *handsets)

    def fixes(self, unit: Unit, numbers: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Fixes:
        """The fixes of these numbers."""
        at = numbers + PHASE_BETWEEN_UNITS * unit.place
        phase = at % CYCLE
        along_m = at // CYCLE * _ALONG_M[-1] + _ALONG_M[phase]
        street_m = STREET_M - np.abs(along_m % (2 * STREET_M) - STREET_M)
        fixes = np.zeros(len(numbers), FIX_DTYPE)
        fixes["time_s"] = numbers * EVERY_S
        fixes["send_s"] = fixes["time_s"]
        fixes["longitude_e6"] = WEST_E6 + np.rint(street_m * E6_A_METRE)
        fixes["latitude_e6"] = SOUTH_E6 + unit.place * 200
        fixes["altitude_m"] = 20
        fixes["speed_kmh_e1"] = SPEEDS_KMH_E1[phase]
        fixes["course_deg"] = 90
        fixes["accuracy_m"] = 8
        fixes["fix_source"] = FixSource.GNSS
        fixes["satellites"] = 12
        fixes["odometer_m"] = np.rint(along_m / 100) * 100
        fixes["signals"] = YES << SIGNALS["ignition"].shift
        mocked = (phase >= MOCKED[0]) & (phase < MOCKED[1]) & (unit.protocol == "handset")
        fixes["signals"] |= np.where(mocked, YES, NO) << SIGNALS["mocked"].shift
        return fixes

    def number_of(self, time_us: int) -> int | None:
        """The number of a fix by its time; None: nothing was sent of that time."""
        since_us = time_us - self.base_s * 1_000_000
        number, rest = divmod(since_us, EVERY_S * 1_000_000)
        return None if rest or not 0 <= number < MAX_NUMBERS else number


class Order:
    """The order in which a unit sends its numbers: some late, some twice, none left out."""

    LATE_SHARE, LATE_BY, TWICE_SHARE = 0.04, (2, 30), 0.03

    def __init__(self, seed: int, unit: Unit) -> None:
        self._chance = random.Random(f"{seed} {unit.identity}")
        self._next = 0
        self._late: list[tuple[int, int]] = []  # due when so many have been sent, number

    @property
    def exhausted(self) -> bool:
        """The plan ends here."""
        return self._next >= MAX_NUMBERS

    @property
    def begun(self) -> int:
        """Numbers from 0 up to here have been sent, or are kept to be sent late."""
        return self._next

    def step(self) -> list[int]:
        """What the unit sends now."""
        number, self._next = self._next, self._next + 1
        due = [late for at, late in self._late if at <= number]
        self._late = [(at, late) for at, late in self._late if at > number]
        if self._chance.random() < self.LATE_SHARE:
            self._late.append((number + self._chance.randint(*self.LATE_BY), number))
        else:
            due.append(number)
        if due and self._chance.random() < self.TWICE_SHARE:
            due.append(due[-1])
        return due

    def rest(self) -> list[int]:
        """What was kept to be sent late."""
        late, self._late = self._late, []
        return [number for _, number in late]
