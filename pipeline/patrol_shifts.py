"""Sums up inspectors' shifts as they run and end, and again when late data or rosters change them.

Reports of a month then read some thousand rows instead of every fix.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import structlog

from model.fences import Shift
from pipeline.contract import Clock
from pipeline.patrol_ground import PatrolGround
from rules.shift_report import ShiftReport, shift_reports
from storage.database import Connection, Database
from storage.instants import to_datetime
from storage.patrol_shifts import due_shifts, open_shifts, write_shifts
from storage.tracks import positions_of_many

_log = structlog.get_logger(__name__)
EVERY_S, SOON_S = 60.0, 10.0
TOGETHER = 100  # shifts read and summed up in one go: some hundred thousand fixes


class PatrolShifts:
    """Run `run()` as a task and cancel it to stop."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._ground = PatrolGround()

    async def run(self) -> None:
        """Every minute, sooner while nobody has a shift: whoever plans the first wants to see it.

        A database that is away is tried again next time.
        """
        while True:
            count = 0
            try:
                async with self._database.pool.connection() as conn:
                    count = await self.once(conn)
            except Exception as error:
                _log.warning("patrol_shifts_wait", error=str(error))
            await asyncio.sleep(EVERY_S if count else SOON_S)

    async def once(self, conn: Connection) -> int:
        """Sum up what is due now; how many shifts."""
        now_us = self._clock.now_us()
        await open_shifts(conn, now_us)
        count = 0
        while due := await due_shifts(conn, now_us, TOGETHER):
            count += len(due)
            await self._sum_up(conn, due, now_us)
            if len(due) < TOGETHER:
                break
        await conn.commit()
        return count

    async def _sum_up(self, conn: Connection, due: Sequence[Shift], now_us: int) -> None:
        rulebook, index = await self._ground.read(conn, now_us)
        from_us: dict[int, int] = {}
        for shift in due:
            from_us[shift.device_id] = min(
                shift.starts_us, from_us.get(shift.device_id, shift.starts_us)
            )
        rows = await positions_of_many(conn, from_us, max(shift.ends_us for shift in due))
        reports = await asyncio.to_thread(shift_reports, rulebook, index, due, rows, now_us)
        visits = [visit for report in reports for visit in _visits(report)]
        await write_shifts(conn, [_summary(report, now_us) for report in reports], visits)


def _summary(report: ShiftReport, now_us: int) -> dict[str, Any]:
    names = ("state", "late", "left_early", "present_s", "away_s", "unknown_s", "walked_m",
             "fixes", "cells", "cells_visited")  # fmt: skip
    return {
        **{name: getattr(report, name) for name in names},
        "device_id": report.shift.device_id,
        "starts_at": to_datetime(report.shift.starts_us),
        "first_at": to_datetime(report.first_us) if report.first_us else None,
        "last_at": to_datetime(report.last_us) if report.last_us else None,
        "made_at": to_datetime(now_us),
        "dirty": report.state == "running",
    }


def _visits(report: ShiftReport) -> list[tuple[Any, ...]]:
    shift = report.shift
    return [
        (
            *(shift.device_id, to_datetime(shift.starts_us), visit.fence_id, visit.visits),
            *(visit.seconds, to_datetime(visit.first_us), to_datetime(visit.last_us)),
        )
        for visit in report.visits
    ]
