"""Rows of units that are kept for a shorter time than their partition or chunk lives.

The longest time decides when a partition or chunk goes as a whole. Before that, closed ones lose
the rows of units whose time is over: a few units in a statement, while nobody works. What has lost
rows is then rewritten like a day that has closed (storage/columnstore.py, storage/frame_packing.py)
and so gives its disk back; compressed chunks lose whole segments and need none of that.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg
from psycopg import sql

from storage.columnstore import LOCK_LIMIT
from storage.database import Connection, Mode
from storage.kept_frames import keep_needed_frames
from storage.partitions import partition_span, partitions
from storage.retention_rules import Data

TOGETHER = 5  # units in a statement: some ten thousand rows of a day
_CHUNKS = """
SELECT format('%%I.%%I', chunk_schema, chunk_name), range_start, range_end, is_compressed
FROM timescaledb_information.chunks WHERE hypertable_name = %s ORDER BY range_start
"""
_PRESENT = sql.SQL(
    "SELECT d FROM unnest(%(units)s::int[]) d WHERE EXISTS (SELECT 1 FROM {} p"
    " WHERE p.device_id = d AND p.time >= %(start)s AND p.time < %(end)s) ORDER BY d"
)
_DELETE = sql.SQL(
    "DELETE FROM {} p WHERE p.device_id = ANY(%(units)s) AND p.time >= %(start)s"
    " AND p.time < %(end)s"
)


@dataclass(frozen=True, slots=True)
class Part:
    """A partition or chunk, its name quoted."""

    name: str
    start: datetime
    end: datetime
    compressed: bool = False


async def trim_units(
    conn: Connection,
    mode: Mode,
    data: Data,
    *,
    now: datetime,
    days: Mapping[int, int],
    budget_s: float,
) -> int:
    """Delete what is older than its unit's days, the oldest first, for as long as the budget; how
    many rows. `conn` in autocommit."""
    until_s = time.monotonic() + budget_s
    deleted = 0
    for part in await _parts(conn, mode, data):
        over = [unit for unit, kept in days.items() if part.end <= now - timedelta(days=kept)]
        if not over:
            break  # nor of any later one
        deleted += await _trim(conn, data, part, over, until_s)
        if deleted and time.monotonic() > until_s:
            break
    return deleted


async def _trim(conn: Connection, data: Data, part: Part, over: list[int], until_s: float) -> int:
    span = {"start": part.start, "end": part.end}
    table = sql.Identifier(data)
    cursor = await conn.execute(_PRESENT.format(table), {"units": over, **span})
    units = [row[0] for row in await cursor.fetchall()]
    if not units:
        return 0
    if data == "raw_frames":
        await keep_needed_frames(conn, part.end)
    if not part.compressed and not await _to_be_rewritten(conn, part):
        return 0
    deleted = 0
    for start in range(0, len(units), TOGETHER):
        group = units[start : start + TOGETHER]
        cursor = await conn.execute(_DELETE.format(table), {"units": group, **span})
        deleted += cursor.rowcount
        if time.monotonic() > until_s:
            break
    return deleted


async def _to_be_rewritten(conn: Connection, part: Part) -> bool:
    """Take away the mark that it was rewritten; False: somebody uses it, the next run tries."""
    try:
        async with conn.transaction():
            await conn.execute("SELECT set_config('lock_timeout', %s, true)", (LOCK_LIMIT,))
            await conn.execute(
                sql.SQL("ALTER TABLE {} SET WITHOUT CLUSTER").format(sql.SQL(part.name))
            )
    except psycopg.errors.LockNotAvailable:
        return False
    return True


async def _parts(conn: Connection, mode: Mode, data: Data) -> list[Part]:
    """Oldest first."""
    if mode == "plain":
        return [Part(name, *partition_span(name)) for name in await partitions(conn, data)]
    cursor = await conn.execute(_CHUNKS, (data,))
    return [Part(*row) for row in await cursor.fetchall()]
