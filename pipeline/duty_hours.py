"""When inspectors are on a shift, kept in memory: outside of it nobody collects, or shows, where
they are (setting `privacy.off_shift`)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from model.rulebook import Rulebook
from rules.on_duty import on_duty_at
from rules.roster import Roster
from storage.database import Connection
from storage.instants import DAY_US
from storage.patrol import duty_shifts, inspector_ids
from storage.rulebook import current_revision

BACK_DAYS, AHEAD_DAYS = 93, 2  # as long as a track may be asked for
STALE_US = 3_600_000_000  # read again after so long even if nothing has changed


class DutyHours:
    """Nobody is known before the first `refresh`."""

    def __init__(self) -> None:
        self._revision = -1
        self._read_us = 0
        self._inspectors = np.empty(0, np.int64)
        self._roster = Roster.of(Rulebook(revision=0))

    async def refresh(self, conn: Connection, now_us: int) -> None:
        """Read the shifts again when the rulebook has changed."""
        revision = await current_revision(conn)
        if revision == self._revision and now_us - self._read_us < STALE_US:
            return
        period_us = now_us - BACK_DAYS * DAY_US, now_us + AHEAD_DAYS * DAY_US
        shifts = await duty_shifts(conn, *period_us)
        self._inspectors = np.array(await inspector_ids(conn), np.int64)
        self._roster = Roster.of(Rulebook(revision=revision, shifts=tuple(shifts)))
        self._revision, self._read_us = revision, now_us

    def off_shift(
        self, device_id: NDArray[np.integer], time_us: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        """Whether each fix is an inspector's outside every shift; never of other units."""
        off = np.isin(device_id, self._inspectors)
        if off.any():
            off[off] = ~on_duty_at(self._roster, device_id[off], time_us[off])
        return off

    def hides(self, device_id: int, time_us: int) -> bool:
        """As `off_shift`, of one fix."""
        return bool(self.off_shift(np.array([device_id]), np.array([time_us], np.int64))[0])
