"""A recorded track through a simulated terminal, at the track's own pace or faster."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from model.position import UNKNOWN, FixSource
from model.signals import YES, pack
from simulators.fleet.receiver import Fixes
from simulators.fleet.unit import FIX_DTYPE
from simulators.replay_faults import ReplayFaults
from simulators.scenario.wire import Line
from simulators.terminal import Handset, HandsetLink, Jt808Terminal, location_bodies
from simulators.tracks import TrackPoint

STEP_S = 0.2
MAX_WAITING = 2_000  # reports under way before the replay waits for acknowledgements
ProtocolName = Literal["jt808", "handset"]


@dataclass(frozen=True, slots=True)
class Replay:
    """How to play a track. `speed` 0: as fast as the server acknowledges.

    `shift`: move all times so that the last fix is taken when it is sent; else keep them.
    `start_s`: move them so that the first fix is taken then (seconds since 1970).
    """

    identity: str
    protocol: ProtocolName = "jt808"
    version: int = 2019
    plate: str = ""
    speed: float = 1.0
    shift: bool = True
    start_s: float | None = None


@dataclass(frozen=True, slots=True)
class Played:
    """Fixes of the file, reports sent and acknowledged, and those answered with an error."""

    fixes: int
    sent: int
    acknowledged: int
    refused: int


def fixes_of(points: Sequence[TrackPoint], shift_s: int) -> Fixes:
    """Fixes with `time_s` in seconds since 1970, as whole as terminals report it."""
    fixes = np.zeros(len(points), FIX_DTYPE)
    fixes["time_s"] = [int(point.time_s or 0) + shift_s for point in points]
    fixes["send_s"] = fixes["time_s"]
    fixes["longitude_e6"] = [round(point.longitude * 1e6) for point in points]
    fixes["latitude_e6"] = [round(point.latitude * 1e6) for point in points]
    fixes["altitude_m"] = [round(point.altitude_m or 0) for point in points]
    fixes["speed_kmh_e1"] = [min(20_000, round((point.speed_kmh or 0) * 10)) for point in points]
    fixes["course_deg"] = [round(point.course_deg or 0) % 360 for point in points]
    fixes["accuracy_m"] = UNKNOWN
    fixes["fix_source"] = FixSource.GNSS
    fixes["satellites"] = 12
    fixes["signals"] = pack(ignition=YES)
    return fixes


async def replay(
    points: Sequence[TrackPoint],
    orders: Replay,
    gateway: tuple[str, int],
    broker: tuple[str, int] | None = None,
    *,
    tell: Callable[[float], None] = lambda _: None,
    faults: ReplayFaults | None = None,
) -> Played:
    """Send a track and wait until everything is acknowledged. Raises Refused, OSError."""
    fixes = fixes_of(points, _shift_s(points, orders))
    if faults is not None:
        fixes = faults.spoil(fixes)
    courier: _Truck | _Person
    if orders.protocol == "handset":
        if broker is None:
            raise ValueError("a handset needs the broker's address")
        courier = _Person(orders, broker)
    else:
        courier = _Truck(orders, gateway)
    if faults is not None:
        courier.use(faults.line())
    try:
        await courier.start()
        await _send(fixes, orders.speed, courier, tell)
        await courier.drained()
    finally:
        await courier.stop()
    one = courier.terminal
    return Played(len(fixes), one.sent, one.acknowledged, one.refused)


def _shift_s(points: Sequence[TrackPoint], orders: Replay) -> int:
    if orders.start_s is not None:
        return int(orders.start_s - (points[0].time_s or 0))
    if not orders.shift:
        return 0
    lasts_s = _lasts_s(points) / orders.speed if orders.speed else 0.0
    return int(time.time() + lasts_s - (points[-1].time_s or 0))


def _lasts_s(points: Sequence[TrackPoint]) -> float:
    times = [point.time_s or 0.0 for point in points]
    return max(times) - min(times)


async def _send(
    fixes: Fixes, speed: float, courier: _Truck | _Person, tell: Callable[[float], None]
) -> None:
    began = time.monotonic()
    first_s, sent = int(fixes["time_s"].min()), 0
    while sent < len(fixes):
        due = sent + MAX_WAITING
        if speed:
            track_s = first_s + (time.monotonic() - began) * speed
            # Points out of order go with the first later one, in the file's order.
            due = int(np.searchsorted(np.maximum.accumulate(fixes["time_s"]), track_s, "right"))
        courier.report(fixes[sent:due])
        sent = max(sent, min(due, len(fixes)))
        tell(sent / len(fixes))
        if sent < len(fixes):
            await (asyncio.sleep(STEP_S) if speed else courier.drained())


class _Truck:
    """JT/T 808."""

    def __init__(self, orders: Replay, gateway: tuple[str, int]) -> None:
        self.terminal = Jt808Terminal(
            gateway, orders.identity, version=orders.version, plate=orders.plate
        )
        self.start, self.stop = self.terminal.start, self.terminal.stop
        self.drained = self.terminal.drained

    def use(self, line: Line) -> None:
        self.terminal.pieces = line.pieces

    def report(self, fixes: Fixes) -> None:
        self.terminal.report(location_bodies(fixes, 0))


class _Person:
    """A handset on a broker connection of its own."""

    def __init__(self, orders: Replay, broker: tuple[str, int]) -> None:
        self._link = HandsetLink(*broker, client_id=f"xunji-replay-{orders.identity}")
        self.terminal = Handset(self._link, orders.identity, random.Random(orders.identity))
        self.drained = self.terminal.drained

    def use(self, line: Line) -> None:
        self.terminal.copies = line.copies

    async def start(self) -> None:
        await self._link.start()
        await self.terminal.start()

    async def stop(self) -> None:
        await self.terminal.stop()
        await self._link.stop()

    def report(self, fixes: Fixes) -> None:
        self.terminal.report(fixes, 0)
