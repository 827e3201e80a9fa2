"""Terminals that only tell: OwnTracks, OsmAnd and Traccar Client, NMEA 0183.

They keep what they have to say, in its order, until the carrier has delivered it. Where the carrier
hears that it is stored (HTTP) that counts as acknowledged; elsewhere nobody can know.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

from model.position import FixSource
from model.signals import SIGNALS, YES
from protocols.nmea import encode_fix
from protocols.osmand import encode_json, encode_query, location
from protocols.owntracks import encode_location
from simulators.fleet.receiver import Fixes

MAX_KEPT = 30_000  # messages; an app's memory is not endless
MAX_LOCATIONS = 100  # kept ones that Traccar Client sends together
KMH_E1_OF_M_S = 36.0
_MOCKED = SIGNALS["mocked"].shift
Row = tuple[Any, ...]  # of FIX_DTYPE


def owntracks_messages(_identity: str, fixes: Fixes, origin_s: int) -> list[bytes]:
    """One location a message; the app says nothing of a place it does not know."""
    return [_owntracks(row, origin_s) for row in fixes.tolist() if row[8] != FixSource.NONE]


def _owntracks(row: Row, origin_s: int) -> bytes:
    time_s, _, longitude_e6, latitude_e6, altitude, speed, course, accuracy, source = row[:9]
    return encode_location(
        origin_s + time_s,
        longitude_e6 / 1e6,
        latitude_e6 / 1e6,
        accuracy_m=accuracy,
        altitude_m=altitude,
        speed_kmh=round(speed / 10),
        course_deg=course,
        source="network" if source == FixSource.LBS else None,
    )


def osmand_messages(identity: str, fixes: Fixes, origin_s: int) -> list[bytes]:
    """A fix alone as OsmAnd's parameters, several as Traccar Client's JSON."""
    rows = [row for row in fixes.tolist() if row[8] != FixSource.NONE]
    told = [_location(row, origin_s) for row in rows]
    if len(told) == 1:
        return [encode_query(identity, told[0])]
    parts = range(0, len(told), MAX_LOCATIONS)
    return [encode_json(identity, told[start : start + MAX_LOCATIONS]) for start in parts]


def _location(row: Row, origin_s: int) -> Any:
    time_s, _, longitude_e6, latitude_e6, altitude, speed, course, accuracy = row[:8]
    return location(
        origin_s + time_s,
        longitude_e6 / 1e6,
        latitude_e6 / 1e6,
        accuracy_m=accuracy,
        altitude_m=altitude,
        speed_ms=round(speed / KMH_E1_OF_M_S, 2),
        course_deg=course,
        mocked=row[11] >> _MOCKED & 3 >= YES,
    )


def nmea_messages(_identity: str, fixes: Fixes, origin_s: int) -> list[bytes]:
    """The sentences of one moment a message."""
    return [_sentences(row, origin_s) for row in fixes.tolist()]


def _sentences(row: Row, origin_s: int) -> bytes:
    time_s, _, longitude_e6, latitude_e6, altitude, speed, course, accuracy = row[:8]
    return encode_fix(
        (origin_s + time_s) * 1_000_000,
        longitude_e6 / 1e6,
        latitude_e6 / 1e6,
        speed_kmh=speed / 10,
        course_deg=course,
        altitude_m=altitude,
        satellites=row[9],
        valid=row[8] == FixSource.GNSS,
        accuracy_m=accuracy,
    )


MESSAGES: dict[str, Callable[[str, Fixes, int], list[bytes]]] = {
    "owntracks": owntracks_messages,
    "osmand": osmand_messages,
    "nmea": nmea_messages,
}


class Carrier(Protocol):
    """Brings messages to the server. `answers`: it hears whether they are stored."""

    answers: bool

    async def deliver(self, payload: bytes) -> bytes | None:
        """What came back, None: it is no message; tries until it is delivered. Raises Refused."""
        ...

    async def close(self) -> None:
        """Hang up; `deliver` connects anew."""
        ...


def _once(payload: bytes) -> list[bytes]:
    return [payload]


class Teller:
    """One such terminal. Counts messages; `unanswered`: delivered where nothing is answered.

    `copies`: what a faulty line makes of a message.
    """

    def __init__(self, protocol: str, identity: str, carrier: Carrier) -> None:
        self.identity = identity
        self.copies: Callable[[bytes], list[bytes]] = _once
        self.sent = self.acknowledged = self.refused = self.unanswered = 0
        self._messages, self._carrier = MESSAGES[protocol], carrier
        self._kept: deque[bytes] = deque()
        self._fresh, self._empty = asyncio.Event(), asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to deliver."""
        self._task = asyncio.create_task(self._deliver())

    async def stop(self) -> None:
        """Hang up."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._carrier.close()

    def report(self, fixes: Fixes, origin_s: int) -> None:
        """Send fixes. Raises OverflowError at the cap."""
        for message in self._messages(self.identity, fixes, origin_s):
            if len(self._kept) >= MAX_KEPT:
                raise OverflowError(f"{self.identity}: the server takes nothing, memory is full")
            self._kept.append(message)
            if self._carrier.answers:
                self.sent += 1
        self._fresh.set()

    def drop(self) -> None:
        """Lose the connection; the next message makes another one."""
        self._dropping = asyncio.create_task(self._carrier.close())

    async def drained(self) -> None:
        """Wait until everything is delivered."""
        while self._kept:
            assert self._task is not None
            self._empty.clear()
            waiting = asyncio.create_task(self._empty.wait())
            await asyncio.wait({waiting, self._task}, return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
            if self._task.done():
                self._task.result()

    async def _deliver(self) -> None:
        while True:
            while self._kept:
                answers = [await self._carrier.deliver(c) for c in self.copies(self._kept[0])]
                self._kept.popleft()
                refused = all(answer is None for answer in answers)
                self.refused += refused
                self.acknowledged += self._carrier.answers and not refused
                self.unanswered += not self._carrier.answers
            self._empty.set()
            self._fresh.clear()
            await self._fresh.wait()
