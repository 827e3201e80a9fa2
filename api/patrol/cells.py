"""When was each grid cell last visited: kept in memory, brought up to date at each question.

One indexed call over the inspectors' fixes that are new since the last question; all of the last
24 hours are read again when fences or rosters change and every ten minutes, for data that was late.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from api.fence_view import feature_of_fence
from api.times import iso_us
from geofence.index import FenceIndex
from model.fences import Fence
from model.position import Rows
from pipeline.contract import Clock
from storage.database import Connection
from storage.patrol import grid_cells, inspector_ids
from storage.rulebook import current_revision
from storage.tracks import positions_of_many

WINDOW_US = 24 * 3600 * 1_000_000
NEW_VISIT_US = 10 * 60 * 1_000_000  # away for longer: the next fix inside is a new visit
REBUILD_S = 600.0
FRESH_S = 5.0


@dataclass(slots=True)
class Visited:
    """A cell's last visit (0: none in the window) and how many there were."""

    last_us: int = 0
    visits: int = 0


@dataclass(slots=True)
class _Known:
    """What has been counted so far, under one revision of the rulebook."""

    revision: int
    fences: list[Fence]  # every version of the window, as in the index
    cells: list[Fence]  # those in force
    index: FenceIndex
    built_s: float
    visited: dict[int, Visited] = field(default_factory=dict)
    next_us: dict[int, int] = field(default_factory=dict)  # by device: where to read on
    inside_us: dict[tuple[int, int], int] = field(default_factory=dict)  # by (device, cell)


class CellVisits:
    """Visits of the last 24 hours to every cell, whoever made them."""

    def __init__(self, clock: Clock, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._monotonic_s = monotonic_s
        self._known: _Known | None = None
        self._updated_s = float("-inf")
        self._updating = asyncio.Lock()

    async def read(self, conn: Connection) -> list[tuple[Fence, Visited]]:
        """Each cell in force and its visits, at most FRESH_S old."""
        async with self._updating:
            known = self._known
            if known is None or self._monotonic_s() - self._updated_s >= FRESH_S:
                known = await self._update(conn)
            return [(cell, known.visited.get(cell.id, Visited())) for cell in known.cells]

    def outside_m(self, fix: Rows, cell_ids: list[int]) -> float:
        """Metres from one fix to the nearest of these cells, as last read; 0 inside or unknown."""
        known, now_us = self._known, self._clock.now_us()
        if known is None:
            return 0.0
        distances = [
            float(known.index.distance_m(place, fix)[0])
            for place, fence in enumerate(known.fences)
            if fence.id in cell_ids and fence.valid_to_us > now_us
        ]
        return min(distances, default=0.0)

    async def _update(self, conn: Connection) -> _Known:
        now_us = self._clock.now_us()
        known = await self._current(conn, now_us)
        since_us = now_us - WINDOW_US
        wanted = {
            device_id: known.next_us.get(device_id, since_us)
            for device_id in await inspector_ids(conn)
        }
        if wanted and known.cells:
            rows = await positions_of_many(conn, wanted, now_us)
            await asyncio.to_thread(count_visits, known, rows)
        self._known, self._updated_s = known, self._monotonic_s()
        return known

    async def _current(self, conn: Connection, now_us: int) -> _Known:
        revision = await current_revision(conn)
        known, now_s = self._known, self._monotonic_s()
        if known and known.revision == revision and now_s - known.built_s < REBUILD_S:
            return known
        fences = await grid_cells(conn, now_us - WINDOW_US, now_us)
        index = await asyncio.to_thread(FenceIndex, fences)
        cells = [fence for fence in fences if fence.valid_to_us > now_us]
        return _Known(revision, fences, cells, index, now_s)


def cell_feature(cell: Fence, visited: Visited, now_us: int) -> dict[str, Any]:
    """The cell as a GeoJSON Feature with its last visit."""
    feature = feature_of_fence(cell)
    feature["properties"] |= {
        "last_visit_at": iso_us(visited.last_us) if visited.last_us else None,
        "age_s": (now_us - visited.last_us) // 1_000_000 if visited.last_us else None,
        "visits": visited.visits,
    }
    return feature


def count_visits(known: _Known, rows: Rows) -> None:
    """Count the rows (in order of device and time) into what is known."""
    if not len(rows):
        return
    membership = known.index.locate(rows)
    devices = rows["device_id"][membership.row]
    times = rows["time_us"][membership.row]
    order = np.lexsort((times, membership.fence, devices))
    columns = (devices[order].tolist(), membership.fence[order].tolist(), times[order].tolist())
    for device_id, fence, time_us in zip(*columns, strict=True):
        cell_id = known.fences[fence].id
        visited = known.visited.setdefault(cell_id, Visited())
        before_us = known.inside_us.get((device_id, cell_id))
        if before_us is None or time_us - before_us > NEW_VISIT_US:
            visited.visits += 1
        known.inside_us[device_id, cell_id] = time_us
        visited.last_us = max(visited.last_us, time_us)
    ends = np.flatnonzero(np.append(np.diff(rows["device_id"]) != 0, True))
    for row in ends.tolist():
        known.next_us[int(rows["device_id"][row])] = int(rows["time_us"][row]) + 1
