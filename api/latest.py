"""The latest position of every device, in memory: read from the database, kept up by the hub.

While the hub is busy the database is asked again only now and then; when the hub is still (no
gateway in this process, or nothing moves) it is asked whenever the answer is older than 2 s.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import numpy as np

from api.times import microseconds
from pipeline.contract import Clock
from pipeline.duty_hours import DutyHours
from protocols.jt808.bits import ALARM_BITS
from storage.database import Connection
from storage.tracks import latest_positions

ONLINE_US = 5 * 60 * 1_000_000
RELOAD_S = 2.0
RELOAD_WHILE_FED_S = 30.0
FED_S = 10.0

Position = dict[str, Any]


class LatestPositions:
    """Latest positions by device id, of all organisations; readers pick those they may see."""

    def __init__(
        self,
        clock: Clock,
        monotonic_s: Callable[[], float] = time.monotonic,
        duty: DutyHours | None = None,
    ) -> None:
        """`duty`: whose fixes are not shown, by their shifts."""
        self._clock = clock
        self._duty = duty
        self._monotonic_s = monotonic_s
        self._positions: dict[int, Position] = {}
        self._loaded_s = float("-inf")
        self._fed_s = float("-inf")
        self._loading = asyncio.Lock()

    def feed(self, positions: Iterable[Position]) -> None:
        """Positions that have just arrived."""
        self._fed_s = self._monotonic_s()
        for position in positions:
            known = self._positions.get(position["device_id"])
            if known is None or known["time"] <= position["time"]:
                self._positions[position["device_id"]] = position

    def forget(self) -> None:
        """Ask the database at the next read: something may have been missed."""
        self._loaded_s = float("-inf")

    async def all(self, conn: Connection) -> dict[int, Position]:
        """Positions by device id, `online` as of now."""
        async with self._loading:
            if self._is_old():
                await self._load(conn)
        now_us = self._clock.now_us()
        if self._duty is not None:
            await self._duty.refresh(conn, now_us)
        return {
            position["device_id"]: {**position, "online": is_online(position, now_us)}
            for position in self.shown(list(self._positions.values()))
        }

    def shown(self, positions: list[Position]) -> list[Position]:
        """Those that may be shown."""
        if self._duty is None or not positions:
            return positions
        devices = np.array([position["device_id"] for position in positions])
        texts = [position["time"].removesuffix("Z") for position in positions]
        times = np.array(texts, "datetime64[us]").astype(np.int64)
        hidden = self._duty.off_shift(devices, times).tolist()
        return [p for p, off in zip(positions, hidden, strict=True) if not off]

    def _is_old(self) -> bool:
        now_s = self._monotonic_s()
        fed = now_s - self._fed_s < FED_S
        return now_s - self._loaded_s >= (RELOAD_WHILE_FED_S if fed else RELOAD_S)

    async def _load(self, conn: Connection) -> None:
        cursor = await conn.execute("SELECT id FROM organisations")
        everyone = [row[0] for row in await cursor.fetchall()]
        found = await latest_positions(conn, everyone)
        self._positions = {p["device_id"]: named_alarms(p) for p in found}
        self._loaded_s = self._monotonic_s()


def is_online(position: Position, now_us: int) -> bool:
    """Whether the device was heard of within the last five minutes."""
    return now_us - microseconds(datetime.fromisoformat(position["received_at"])) < ONLINE_US


def named_alarms(position: Position) -> Position:
    """The position with names for alarm bits (JT/T 808 table 25); unnamed ones as `bit_N`."""
    if not position["alarms"]:
        return position
    alarms = [
        ALARM_BITS.get(alarm, f"bit_{alarm}") if isinstance(alarm, int) else alarm
        for alarm in position["alarms"]
    ]
    return {**position, "alarms": alarms}
