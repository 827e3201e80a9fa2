"""The disk's part of the housekeeping: columnstore or clustering, and the guard."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import date, datetime

import psutil
import structlog

from pipeline.child import ChildProblem
from pipeline.packing import pack_beside
from storage.chunk_width import (
    count_units,
    known_width,
    rows_a_day,
    server_memory,
    settle_width,
    width_hours,
)
from storage.columnstore import (
    closed_days,
    cluster_one_day,
    ensure_columnstore,
    has_columnstore,
)
from storage.database import Connection, Database
from storage.disk_guard import Disk, Level, forecast, level_of, tighten
from storage.instants import to_datetime
from storage.retention_rules import longest_days
from storage.usage import Usage, usage
from xunji.settings import DatabaseSettings, Settings

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class StorageState:
    """What was measured last. `disk` None: it is not known where the database keeps its files.
    `chunk_hours`: how wide new partitions and chunks are."""

    usage: Usage
    disk: Disk | None
    full: date | None
    level: Level
    columnstore: bool
    chunk_hours: int


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
    kept = await longest_days(conn, "positions", chosen.retention_days)
    frames_kept = await longest_days(conn, "raw_frames", chosen.raw_frames_days)
    full = forecast(found, disk, kept, frames_kept, today)
    columnstore = await has_columnstore(conn, database.mode)
    hours = await known_width(conn)
    return StorageState(found, disk, full, level_of(disk, full, today), columnstore, hours)


async def fit_width(
    conn: Connection, database: Database, settings: Settings, found: Usage, today: date
) -> None:
    """Let new partitions and chunks be as wide as the fleet and the memory allow."""
    chosen = settings.database
    hours: int | None = chosen.chunk_hours
    if hours is None:
        rows = rows_a_day(found, await count_units(conn), today)
        hours = width_hours(rows, await _memory_bytes(conn, database, chosen))
    if await settle_width(conn, database.mode, hours):
        _log.info("chunks_have_another_width", hours=hours)


async def _memory_bytes(conn: Connection, database: Database, chosen: DatabaseSettings) -> int:
    if chosen.memory_gigabytes is not None:
        return int(chosen.memory_gigabytes * 1e9)
    return psutil.virtual_memory().total if database.embedded else await server_memory(conn)


async def keep_in_shape(
    conn: Connection, database: Database, settings: Settings, now_us: int
) -> StorageState:
    """Compress or cluster closed days; where the disk is tight drop raw frames."""
    state = await measure(conn, database, settings, now_us)
    await fit_width(conn, database, settings, state.usage, to_datetime(now_us).date())
    if state.columnstore:
        if made := await ensure_columnstore(conn):
            _log.info("columnstore_begins", tables=made)
    else:
        await _rewrite_a_day(conn, database, to_datetime(now_us))
    if state.level == "tight" and state.disk is not None:
        dropped = await tighten(conn, database.mode, state.usage, state.disk)
        _log.error("disk_is_tight", free=state.disk.free_bytes, dropped=dropped.raw_frames)
    elif state.level == "warning":
        _log.warning("disk_will_be_full", on=str(state.full))
    return state


async def _rewrite_a_day(conn: Connection, database: Database, now: datetime) -> None:
    """Where nothing compresses them: a closed day of positions and one of raw frames."""
    mode = database.mode
    if name := await cluster_one_day(conn, mode, now):
        _log.info("clustered", name=name)
    if not await closed_days(conn, mode, "raw_frames", now):
        return
    try:
        if name := await pack_beside(database.url, mode, now):
            _log.info("packed", name=name)
    except ChildProblem as problem:
        _log.error("frames_are_not_packed", error=str(problem))
