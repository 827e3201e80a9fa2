"""What must happen now and then so that a disk never fills: retention and caps."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from pipeline.contract import Clock
from pipeline.rosters import remake
from storage.daily_summaries import drop_old_days
from storage.database import Connection, Database
from storage.exports import forget_exports
from storage.import_jobs import trim_imports
from storage.instants import DAY_US, to_datetime
from storage.media import MediaStore, drop_media
from storage.path_views import drop_path_views
from storage.patrol_shifts import drop_old_shifts
from storage.retention import Dropped, drop_expired, trim
from storage.retention_rules import Data, kept_days, units_without
from storage.retention_trim import trim_units
from storage.sightings import drop_sightings
from storage.terminal_media import drop_photo_reports
from storage.terminal_messages import drop_messages
from xunji.settings import Settings
from xunji.upkeep import StorageState, keep_in_shape

_log = structlog.get_logger(__name__)
EVERY_S = 600.0
TRIM_S = 120.0  # of a round for dropping single rows
SUMMARY_DAYS = 3 * 366  # attendance, coverage and mileage are asked about for so long


class Housekeeping:
    """Run `run()` as a task and cancel it to stop."""

    def __init__(self, database: Database, clock: Clock, settings: Settings) -> None:
        self._database = database
        self._clock = clock
        self._settings = settings
        self.state: StorageState | None = None

    def storage_status(self) -> dict[str, Any]:
        """What was measured last: {"level", "free_bytes", "full_on"}."""
        if self.state is None:
            return {}
        disk = self.state.disk
        return {
            "level": self.state.level,
            "free_bytes": disk and disk.free_bytes,
            "full_on": self.state.full and str(self.state.full),
        }

    async def run(self) -> None:
        """Every ten minutes; a database that is away is tried again next time."""
        while True:
            try:
                await self.once()
            except Exception as error:
                _log.warning("housekeeping_waits", error=str(error))
            await asyncio.sleep(EVERY_S)

    async def once(self) -> None:
        """Drop what retention says and trim what has a cap."""
        settings = self._settings.database
        conn = await self._database.connect()
        try:
            now_us = self._clock.now_us()
            dropped = await self._drop(conn, now_us)
            deleted = await trim(conn, now_us, self._settings.rules.snapshot_days)
            before_us = now_us - settings.retention_days * DAY_US
            deleted["sightings"] = await drop_sightings(conn, before_us)
            deleted["terminal_messages"] = await drop_messages(conn, before_us)
            files = await self._forget_exports(conn, now_us)
            deleted["imports"] = await trim_imports(conn)
            deleted["path_views"] = await drop_path_views(conn, before_us)
            deleted["patrol_shifts"] = await drop_old_shifts(conn, now_us - SUMMARY_DAYS * DAY_US)
            days_before = to_datetime(now_us - SUMMARY_DAYS * DAY_US).date()
            deleted["daily_summaries"] = await drop_old_days(conn, days_before)
            await remake(conn, now_us)
            photos = await drop_media(conn, before_us, int(settings.media_gigabytes * 1e9))
            report_days = self._settings.privacy.photo_report_days
            if report_days is not None:
                photos += await drop_photo_reports(conn, now_us - report_days * DAY_US)
            self.state = await keep_in_shape(conn, self._database, self._settings, now_us)
        finally:
            await conn.close()
        await asyncio.to_thread(MediaStore(self._settings.data_dir / "media").remove, photos)
        await asyncio.to_thread(_remove, [self._settings.data_dir / "exports" / f for f in files])
        if dropped.positions or dropped.raw_frames:
            _log.info("dropped", positions=dropped.positions, raw_frames=dropped.raw_frames)
        _log.debug("trimmed", **deleted)

    async def _drop(self, conn: Connection, now_us: int) -> Dropped:
        """Whole days when the longest time that is set for them is over; at night rows of units
        with a shorter one."""
        mode, settings = self._database.mode, self._settings.database
        usual: dict[Data, int] = {
            "positions": settings.retention_days, "raw_frames": max(settings.raw_frames_days, 1)
        }  # fmt: skip
        longest: dict[Data, int] = {}
        at_night = self._is_night(now_us)
        for data, days in usual.items():
            other = await kept_days(conn, data)
            longest[data] = max(days, *other.values(), 0)
            shorter = {unit: kept for unit, kept in other.items() if kept < longest[data]}
            if longest[data] > days:
                shorter |= dict.fromkeys(await units_without(conn, other), days)
            if at_night and shorter:
                now = to_datetime(now_us)
                rows = await trim_units(conn, mode, data, now=now, days=shorter, budget_s=TRIM_S)
                _log.info("trimmed_units", data=data, rows=rows)
        return await drop_expired(conn, mode, now_us, longest["positions"], longest["raw_frames"])

    def _is_night(self, now_us: int) -> bool:
        from_hour, to_hour = self._settings.database.trim_hours
        hour = datetime.fromtimestamp(now_us / 1e6, ZoneInfo(self._settings.rules.zone)).hour
        return (hour - from_hour) % 24 < (to_hour - from_hour) % 24

    async def _forget_exports(self, conn: Connection, now_us: int) -> list[str]:
        exports = self._settings.exports
        before = to_datetime(now_us - round(exports.keep_hours * 3_600e6))
        return await forget_exports(conn, before, int(exports.gigabytes * 1e9))


def _remove(files: list[Path]) -> None:
    for file in files:
        file.unlink(missing_ok=True)
