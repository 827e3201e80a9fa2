"""What may go: partitions and chunks as wholes, never a DELETE of positions; the rest by caps."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import psycopg
from psycopg import sql

from storage.database import Connection, Mode
from storage.instants import to_datetime
from storage.kept_frames import forget_kept_frames, keep_needed_frames
from storage.partitions import PARTITION_LOCK, partition_span, partitions

MAX_QUARANTINE_ROWS = 100_000
JOURNAL_DAYS = 1  # judged rows are kept this long, for people who look for a fault
_LOCK_LIMIT = "2s"  # queries queue behind a waiting DROP: give up, the next run tries again


@dataclass(slots=True)
class Dropped:
    """Names of what was dropped, by table; `busy`: left for the next run."""

    positions: list[str] = field(default_factory=list)
    raw_frames: list[str] = field(default_factory=list)
    busy: list[str] = field(default_factory=list)


async def drop_expired(
    conn: Connection, mode: Mode, now_us: int, retention_days: int, raw_frames_days: int
) -> Dropped:
    """Drop partitions or chunks that end before the retention; `conn` in autocommit."""
    dropped = Dropped()
    now = to_datetime(now_us)
    before = now - timedelta(days=retention_days)
    dropped.positions, dropped.busy = await _drop_before(conn, mode, "positions", before)
    await drop_raw_frames(conn, mode, now - timedelta(days=raw_frames_days), dropped)
    return dropped


async def drop_raw_frames(conn: Connection, mode: Mode, cutoff: datetime, dropped: Dropped) -> None:
    """Drop days of raw frames that end before the cutoff; open violations keep what they need."""
    day = cutoff.replace(hour=0, minute=0, second=0, microsecond=0)
    await keep_needed_frames(conn, day)
    names, busy = await _drop_before(conn, mode, "raw_frames", cutoff)
    dropped.raw_frames += names
    dropped.busy += busy


async def _drop_before(
    conn: Connection, mode: Mode, table: str, cutoff: datetime
) -> tuple[list[str], list[str]]:
    """(dropped, busy)"""
    if mode == "timescale":
        return await _drop_chunks(conn, table, cutoff), []
    return await _drop_partitions(conn, table, cutoff)


async def _drop_chunks(conn: Connection, table: str, cutoff: datetime) -> list[str]:
    cursor = await conn.execute("SELECT drop_chunks(%s::regclass, %s)", (table, cutoff))
    return [name for (name,) in await cursor.fetchall()]


async def _drop_partitions(
    conn: Connection, table: str, cutoff: datetime
) -> tuple[list[str], list[str]]:
    names: list[str] = []
    busy: list[str] = []
    for name in await partitions(conn, table):
        if partition_span(name)[1] > cutoff:
            continue
        try:
            async with conn.transaction():
                await conn.execute("SELECT pg_advisory_xact_lock(%s)", (PARTITION_LOCK,))
                await conn.execute("SELECT set_config('lock_timeout', %s, true)", (_LOCK_LIMIT,))
                await conn.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(sql.Identifier(name)))
            names.append(name)
        except psycopg.errors.LockNotAvailable:
            busy.append(name)
    return names, busy


_TRIMS = {
    "quarantine": "DELETE FROM quarantine WHERE id <= (SELECT id FROM quarantine"
    " ORDER BY id DESC OFFSET %(max_quarantine)s LIMIT 1)",
    "ingest_journal": "DELETE FROM ingest_journal WHERE tick < %(journal_before)s"
    " AND id <= (SELECT min(journal_id) FROM judged)"
    " AND id <= (SELECT journal_id FROM daily_progress)",
    # The newest snapshot before the cutoff stays: late fixes replay from it. So does the last one
    # before a violation whose evidence is not frozen yet, and which is still to be replayed.
    "snapshots": "DELETE FROM snapshots s WHERE time < %(snapshots_before)s AND EXISTS"
    " (SELECT 1 FROM snapshots n WHERE n.device_id = s.device_id AND n.time > s.time"
    "  AND n.time < %(snapshots_before)s AND NOT EXISTS"
    "  (SELECT 1 FROM violations v WHERE v.device_id = s.device_id AND v.status <> 'closed'"
    "   AND v.finding = 'standing' AND v.started_at > s.time AND v.started_at <= n.time))",
}


async def trim(conn: Connection, now_us: int, snapshot_days: float) -> dict[str, int]:
    """Trim quarantine, journal and snapshots to their caps; rows deleted by table."""
    now = to_datetime(now_us)
    parameters = {
        "max_quarantine": MAX_QUARANTINE_ROWS,
        "journal_before": now - timedelta(days=JOURNAL_DAYS),
        "snapshots_before": now - timedelta(days=snapshot_days),
    }
    deleted = {}
    for table, statement in _TRIMS.items():
        deleted[table] = (await conn.execute(statement.encode(), parameters)).rowcount
    deleted["kept_frames"] = await forget_kept_frames(conn)
    return deleted
