"""What is collected of inspectors outside their shifts: nothing, where the setting says so."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gateway.counters import Counters
from model.position import Rows
from pipeline.contract import Clock
from pipeline.duty_hours import DutyHours
from storage.database import Database
from xunji.settings import Settings


class OffShift:
    """Called with rows: which of them are not to be collected."""

    def __init__(self, database: Database, clock: Clock, counters: Counters) -> None:
        self._database, self._clock, self._counters = database, clock, counters
        self._duty = DutyHours()

    async def refresh(self) -> None:
        """Follow rosters."""
        async with self._database.pool.connection() as conn:
            await self._duty.refresh(conn, self._clock.now_us())

    def __call__(self, rows: Rows) -> NDArray[np.bool_]:
        off = self._duty.off_shift(rows["device_id"], rows["time_us"])
        if off.any():
            self._counters.add("fixes_off_shift", int(off.sum()))
        return off


async def off_shift_of(
    settings: Settings, database: Database, clock: Clock, counters: Counters
) -> OffShift | None:
    """None: everything may be collected."""
    if settings.privacy.off_shift != "drop":
        return None
    made = OffShift(database, clock, counters)
    await made.refresh()
    return made
