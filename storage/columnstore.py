"""TimescaleDB's columnstore, where the server's licence has it: closed days, compressed by policy.

A row that comes late into a compressed day is taken in and compressed by the same policy. On the
Apache edition, and on plain PostgreSQL, closed days are clustered by device and time instead, once:
a vehicle's day then lies on some hundred pages, not on as many as it has fixes.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import psycopg
from psycopg import sql

from storage.database import Connection, Mode
from storage.partitions import partition_span, partitions

COMPRESS_AFTER = timedelta(hours=6)  # what terminals upload later is rare
CLUSTER_AFTER = timedelta(hours=1)  # a day by UTC ends at eight in China: people ask for it soon
LOCK_LIMIT = "2s"
_LICENCE = "SELECT current_setting('timescaledb.license', true) = 'timescale'"
_HAS_POLICY = """
SELECT 1 FROM timescaledb_information.jobs
WHERE proc_name = 'policy_compression' AND hypertable_name = %s
"""
_COLUMNSTORE = {
    "positions": "device_id, time, variant",
    "raw_frames": "device_id, time",
}
_CLOSED_CHUNKS = """
SELECT format('%%I.%%I', c.chunk_schema, c.chunk_name), i.indexrelid::regclass::text
FROM timescaledb_information.chunks c
JOIN pg_index i ON i.indrelid = format('%%I.%%I', c.chunk_schema, c.chunk_name)::regclass
  AND NOT i.indisclustered
WHERE c.hypertable_name = %s AND c.range_end < %s AND NOT c.is_compressed
ORDER BY c.range_start
"""
_UNCLUSTERED = """
SELECT indexrelid::regclass::text FROM pg_index
WHERE indrelid = %s::regclass AND NOT indisclustered
"""


async def has_columnstore(conn: Connection, mode: Mode) -> bool:
    """Whether the licence allows it (timescaledb.license = timescale)."""
    if mode != "timescale":
        return False
    row = await (await conn.execute(_LICENCE)).fetchone()
    return bool(row and row[0])


async def ensure_columnstore(conn: Connection) -> list[str]:
    """Set it up with its policy; the tables for which that was new."""
    made = []
    for table, order in _COLUMNSTORE.items():
        if await (await conn.execute(_HAS_POLICY, (table,))).fetchone():
            continue
        segment, _, rest = order.partition(", ")
        settings = (
            f"ALTER TABLE {table} SET (timescaledb.compress,"
            f" timescaledb.compress_segmentby = '{segment}',"
            f" timescaledb.compress_orderby = '{rest}')"
        )
        async with conn.transaction():
            await conn.execute(settings.encode())
            await conn.execute(
                "SELECT add_compression_policy(%s::regclass, %s::interval,"
                " schedule_interval => INTERVAL '1 hour')",
                (table, COMPRESS_AFTER),
            )
        made.append(table)
    return made


async def cluster_one_day(conn: Connection, mode: Mode, now: datetime) -> str | None:
    """Cluster the oldest closed day of positions that is not; its name.

    While it runs the day can be neither read nor written: late rows of it wait in the spool.
    """
    for name, index in await closed_days(conn, mode, "positions", now):
        statement = sql.SQL("CLUSTER {} USING {}").format(sql.SQL(name), sql.SQL(index))
        try:
            async with conn.transaction():
                await conn.execute("SELECT set_config('lock_timeout', %s, true)", (LOCK_LIMIT,))
                await conn.execute(statement)
                await conn.execute(sql.SQL("ANALYZE {}").format(sql.SQL(name)))
        except psycopg.errors.LockNotAvailable:
            continue
        return name
    return None


async def closed_days(
    conn: Connection, mode: Mode, table: str, now: datetime
) -> list[tuple[str, str]]:
    """(partition or chunk, its index by unit and time) of days that ended some hours ago and were
    not rewritten by that index yet; both quoted."""
    before = now - CLUSTER_AFTER
    if mode == "timescale":
        cursor = await conn.execute(_CLOSED_CHUNKS, (table, before))
        return [(name, index.rpartition(".")[2]) for name, index in await cursor.fetchall()]
    found = []
    for name in await partitions(conn, table):
        if partition_span(name)[1] > before:
            continue
        row = await (await conn.execute(_UNCLUSTERED, (name,))).fetchone()
        if row is not None:
            found.append((name, row[0]))
    return found
