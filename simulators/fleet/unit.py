"""One unit: who it is, its plan, and the fixes that its terminal makes of it, noise included."""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from model.fences import Window
from model.position import FixSource
from model.signals import NO, SIGNALS, YES
from simulators.city.frame import to_degrees_e6
from simulators.fleet.calendar import DAY_S, LOCAL_OFFSET_S, DayWindow
from simulators.fleet.habits import CheckIn, Habits
from simulators.fleet.papers import Papers
from simulators.fleet.receiver import Fixes, Frozen, NoFix
from simulators.fleet.timeline import Moments, Timeline

DRIFT_KEPT = 0.9  # AR(1): share of the last fix's error that stays
OUTLIER_SHARE, OUTLIER_M = 0.002, (60.0, 260.0)
PAPERS_TAG = "e-papers"
ROSTER_TAG = "e-roster"
NO_TERMINAL = "plate"  # the protocol of units that a server knows by their plate alone
LOST_SHARE, UNPOSITIONED_SHARE = 0.004, 0.001
_ON_DUTY, _CHECK_IN = SIGNALS["on_duty"].shift, SIGNALS["check_in"].shift

FIX_DTYPE = np.dtype(
    [
        ("time_s", "<i8"),  # seconds since the plan's origin
        ("send_s", "<i8"),  # later than time_s when it had to be kept
        ("longitude_e6", "<i4"),
        ("latitude_e6", "<i4"),
        ("altitude_m", "<i2"),
        ("speed_kmh_e1", "<i2"),
        ("course_deg", "<i2"),
        ("accuracy_m", "<i2"),
        ("fix_source", "<i2"),
        ("satellites", "<i2"),
        ("odometer_m", "<i4"),
        ("signals", "<i8"),
    ]
)


@dataclass(frozen=True, slots=True)
class Duty:
    """A fence that a unit is assigned to, by code; `windows` in minutes of every local day."""

    fence_code: str
    purpose: str
    windows: tuple[DayWindow, ...] | None = None

    def weekly(self) -> tuple[Window, ...] | None:
        """The windows as the server's records have them."""
        if self.windows is None:
            return None
        week = (1, 2, 3, 4, 5, 6, 7)
        return tuple(Window(week, start, end) for start, end in self.windows)


def _at_s(check_in: CheckIn) -> float:
    return check_in.at_s


@dataclass(slots=True)
class Unit:
    """A device of the fleet. `owner`: company-1.., or district-1, district-2 (inspectors).
    `protocol`: of its terminal, or NO_TERMINAL of a truck that is in no register; `transport`: tcp,
    udp, mqtt or http.

    `spoil`: what a scenario's faults do to its fixes. `skew_s`: how far its clock is ahead.
    `newest_first`: in which order it uploads what it had to keep. `papers`: of a muck truck whose
    permits and waybills are kept electronically. `on_roster`: an inspector whose shifts are judged.
    """

    identity: str
    protocol: str
    version: int  # 2013 or 2019 of JT/T 808, 1 of others
    kind: str
    role: str
    name: str
    plate: str | None
    owner: str
    origin_us: int
    interval_s: int
    phase_s: int
    timeline: Timeline
    chance: random.Random
    habits: Habits = field(default_factory=Habits)
    duties: list[Duty] = field(default_factory=list)
    shift: tuple[DayWindow, ...] | None = None
    number: int = 0  # of its kind, from 1
    spoil: list[Callable[[Fixes], Fixes]] = field(default_factory=list)
    skew_s: int = 0
    newest_first: bool = False
    papers: Papers | None = None
    on_roster: bool = False
    transport: str = "tcp"
    _drift: tuple[float, float] = (0.0, 0.0)
    _frozen: Frozen = field(init=False)

    def __post_init__(self) -> None:
        self._frozen = Frozen(self.habits.frozen)

    @property
    def tags(self) -> tuple[str, ...]:
        """By which rules pick it."""
        papers = (PAPERS_TAG,) if self.papers is not None else ()
        return (*papers, ROSTER_TAG) if self.on_roster else papers

    @property
    def reports(self) -> bool:
        """Whether it has a terminal."""
        return self.protocol != NO_TERMINAL

    def fix_times(self, from_s: int, to_s: int) -> NDArray[np.int64]:
        """Whole seconds in [from_s, to_s) at which the terminal takes a fix."""
        first = from_s + (self.phase_s - from_s) % self.interval_s
        return np.arange(first, to_s, self.interval_s, dtype=np.int64)

    def on_shift(self, time_s: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether an inspector is on duty; vehicles always are."""
        if self.shift is None:
            return np.ones(len(time_s), np.bool_)
        minute = (self.origin_us / 1e6 + time_s + LOCAL_OFFSET_S) % DAY_S / 60
        on_shift = np.zeros(len(time_s), np.bool_)
        for start, end in self.shift:
            on_shift |= (minute >= start) & (minute < end)
        return on_shift

    def shift_spans(self, to_s: int) -> list[tuple[int, int]]:
        """Shifts from the plan's beginning on that start before `to_s`, in its seconds."""
        midnight_s = -int((self.origin_us // 1_000_000 + LOCAL_OFFSET_S) % DAY_S)
        spans = [
            (max(0, day_s + start * 60), day_s + end * 60)
            for day_s in range(midnight_s, to_s, DAY_S)
            for start, end in self.shift or ()
        ]
        return [(start_s, end_s) for start_s, end_s in spans if end_s > 0 and start_s < to_s]

    def fixes(self, from_s: int, to_s: int) -> Fixes:
        """Fixes of [from_s, to_s). Ask for ascending periods: drift goes on from the last one."""
        times = self.fix_times(from_s, to_s)
        if not len(times):
            return np.zeros(0, FIX_DTYPE)
        moments = self.timeline.at(times)
        check_ins, ends = self._told_by_hand(times)
        fixes, lost = self._measure(moments, check_ins)
        fixes["signals"][check_ins] |= YES << _CHECK_IN
        fixes["signals"][ends] &= ~(3 << _ON_DUTY)
        fixes["signals"][ends] |= NO << _ON_DUTY
        keep = (~lost | check_ins | ends) & ~self._silent(times) & self.on_shift(times)
        fixes = fixes[keep]
        for spoil in self.spoil:
            fixes = spoil(fixes)
        fixes = NoFix(self.habits.blind).apply(fixes)
        return self._frozen.apply(fixes)

    def check_in_at(self, time_s: int) -> str:
        """The point of the check-in that a fix of this time tells of; "": of no round."""
        number = bisect_right(self.habits.check_ins, float(time_s - self.skew_s), key=_at_s)
        return self.habits.check_ins[number - 1].point if number else ""

    def _told_by_hand(
        self, times: NDArray[np.int64]
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Which fixes tell of check-ins, and which of the ends of shifts."""
        told, ends = np.zeros((2, len(times)), np.bool_)
        if self.shift is None:
            return told, ends
        ends = self.on_shift(times) & ~self.on_shift(times + self.interval_s)
        check_ins = self.habits.check_ins
        first = bisect_right(check_ins, times[0] - self.interval_s, key=_at_s)
        last = bisect_right(check_ins, times[-1], key=_at_s)
        told[np.searchsorted(times, [one.at_s for one in check_ins[first:last]])] = True
        return told, ends

    def _silent(self, times: NDArray[np.int64]) -> NDArray[np.bool_]:
        silent = np.zeros(len(times), np.bool_)
        for span in self.habits.silences:
            silent |= (times >= span.from_s) & (times < span.to_s)
        return silent

    def _measure(
        self, moments: Moments, check_ins: NDArray[np.bool_]
    ) -> tuple[Fixes, NDArray[np.bool_]]:
        count = len(moments.time_s)
        fixes = np.zeros(count, FIX_DTYPE)
        noise = [self._error(by_hand=by_hand) for by_hand in check_ins.tolist()]
        east = np.array([n[0] for n in noise])
        north = np.array([n[1] for n in noise])
        for bias in self.habits.biases:
            rows = (moments.time_s >= bias.from_s) & (moments.time_s < bias.to_s)
            east[rows] += bias.east_m
            north[rows] += bias.north_m
        longitude, latitude = to_degrees_e6(moments.x_m + east, moments.y_m + north)
        fixes["time_s"] = fixes["send_s"] = moments.time_s
        fixes["longitude_e6"], fixes["latitude_e6"] = longitude, latitude
        fixes["altitude_m"] = [n[2] for n in noise]
        speed = np.where(moments.speed_ms > 0.3, moments.speed_ms * 36 + [n[3] for n in noise], 0)
        fixes["speed_kmh_e1"] = np.maximum(np.rint(speed), 0)
        fixes["course_deg"] = np.rint(moments.course_deg).astype(np.int64) % 360
        fixes["accuracy_m"] = [n[4] for n in noise]
        fixes["satellites"] = [n[5] for n in noise]
        fixes["fix_source"] = [n[6] for n in noise]
        fixes["odometer_m"] = moments.odometer_m
        fixes["signals"] = moments.signals
        for span in self.habits.dead_zones:
            rows = (moments.time_s >= span.from_s) & (moments.time_s < span.to_s)
            fixes["send_s"][rows] = int(span.to_s) + 1
        return fixes, np.array([n[7] for n in noise], np.bool_)

    def _error(self, *, by_hand: bool) -> tuple[float, float, int, float, int, int, int, bool]:
        """East, north (m), altitude, speed (0.1 km/h), accuracy, satellites, source, lost.

        `by_hand`: an app that takes a check-in looks for some seconds: no outlier passes for it.
        Draws the same number of values for every fix, so that one fix never shifts the next.
        """
        gauss, draw = self.chance.gauss, self.chance.random
        step_m = 70.0 if self.habits.poor_gnss else 1.4
        east = self._drift[0] * DRIFT_KEPT + gauss(0, step_m)
        north = self._drift[1] * DRIFT_KEPT + gauss(0, step_m)
        self._drift = (east, north)
        low, high = OUTLIER_M
        outlier, size, where = draw(), low + (high - low) * draw(), draw()
        speed, fate, quality = gauss(0, 4), draw(), draw()
        altitude, source = 12 + int(4 * quality), FixSource.GNSS
        accuracy, satellites = 4 + int(8 * quality), 9 + int(12 * (1 - quality))
        if self.habits.poor_gnss:
            accuracy, satellites, source = 130 + int(300 * quality), 0, FixSource.LBS
        elif outlier < OUTLIER_SHARE and not by_hand:
            east += size if where < 0.5 else -size
            north += size * (where - 0.5)
            satellites = 4
        elif fate < UNPOSITIONED_SHARE and self.protocol == "jt808":
            source, satellites = FixSource.NONE, 0
        lost = fate > 1 - LOST_SHARE
        return east, north, altitude, speed, accuracy, satellites, int(source), lost
