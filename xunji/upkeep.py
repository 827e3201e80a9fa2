"""The disk's part of the housekeeping: columnstore or clustering, and the guard."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import date

import structlog

from storage.columnstore import cluster_one_day, ensure_columnstore, has_columnstore
from storage.database import Connection, Database
from storage.disk_guard import Disk, Level, forecast, level_of, tighten
from storage.instants import to_datetime
from storage.usage import Usage, usage
from xunji.settings import Settings

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class StorageState:
    """What was measured last. `disk` None: it is not known where the database keeps its files."""

    usage: Usage
    disk: Disk | None
    full: date | None
    level: Level
    columnstore: bool


def disk_of(settings: Settings, database: Database, used_bytes: int) -> Disk | None:
    """The room that was given by setting, or the disk of the embedded server."""
    given = settings.database.disk_gigabytes
    if given is not None:
        total = int(given * 1e9)
        return Disk(total, max(0, total - used_bytes))
    if not database.embedded:
        return None
    found = shutil.disk_usage(settings.data_dir)
    return Disk(found.total, found.free)


async def measure(
    conn: Connection, database: Database, settings: Settings, now_us: int
) -> StorageState:
    """Sizes, forecast and level now."""
    found = await usage(conn, database.mode)
    chosen, today = settings.database, to_datetime(now_us).date()
    disk = disk_of(settings, database, found.total_bytes)
    full = forecast(found, disk, chosen.retention_days, chosen.raw_frames_days, today)
    columnstore = await has_columnstore(conn, database.mode)
    return StorageState(found, disk, full, level_of(disk, full, today), columnstore)


async def keep_in_shape(
    conn: Connection, database: Database, settings: Settings, now_us: int
) -> StorageState:
    """Compress or cluster closed days; where the disk is tight drop raw frames."""
    state = await measure(conn, database, settings, now_us)
    if state.columnstore:
        if made := await ensure_columnstore(conn):
            _log.info("columnstore_begins", tables=made)
    elif name := await cluster_one_day(conn, database.mode, to_datetime(now_us)):
        _log.info("clustered", name=name)
    if state.level == "tight" and state.disk is not None:
        dropped = await tighten(conn, database.mode, state.usage, state.disk)
        _log.error("disk_is_tight", free=state.disk.free_bytes, dropped=dropped.raw_frames)
    elif state.level == "warning":
        _log.warning("disk_will_be_full", on=str(state.full))
    return state
