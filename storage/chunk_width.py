"""How wide partitions and chunks are, from the fleet's size.

The indexes of the one that is written to must fit in a quarter of the database's memory, or every
row costs a read:  rows a day * INDEX_BYTES * hours / 24 <= memory / 4. A day is the widest: raw
frames go by days when the disk is tight. Only new partitions and chunks have the new width.
"""

from __future__ import annotations

from datetime import date

from storage.database import Connection, Mode
from storage.partitions import TABLES
from storage.usage import GROWTH_DAYS, Usage

WIDTHS_H = (24, 12, 6, 4, 3, 2, 1)
INDEX_BYTES = 110  # a row while rows come in: measured 67 in positions and 40 in raw_frames
MEMORY_SHARE = 0.25
FIXES_A_DAY = 8_640  # of a unit at 10 s, before a day has been counted
_SERVER_MEMORY = """
SELECT setting::bigint * 8192 FROM pg_settings WHERE name = 'effective_cache_size'
"""


def width_hours(rows_a_day: float, memory_bytes: int) -> int:
    """The widest of WIDTHS_H that fits, an hour where none does."""
    room = memory_bytes * MEMORY_SHARE
    fitting = (h for h in WIDTHS_H if rows_a_day * INDEX_BYTES * h / 24 <= room)
    return next(fitting, WIDTHS_H[-1])


def rows_a_day(found: Usage, units: int, today: date) -> float:
    """The mean of the last closed days, before there is one what the register lets expect."""
    closed = [day.rows for day in found.days["positions"] if day.day < today and day.rows]
    closed = closed[-GROWTH_DAYS:]
    return sum(closed) / len(closed) if closed else units * FIXES_A_DAY


async def count_units(conn: Connection) -> int:
    """Registered ones that report."""
    cursor = await conn.execute("SELECT count(*) FROM devices WHERE protocol <> 'plate'")
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def server_memory(conn: Connection) -> int:
    """What the server's administrator says that it can cache, in bytes."""
    row = await (await conn.execute(_SERVER_MEMORY)).fetchone()
    assert row is not None
    return int(row[0])


async def known_width(conn: Connection) -> int:
    """Hours of new partitions and chunks."""
    row = await (await conn.execute("SELECT chunk_hours FROM storage_layout")).fetchone()
    return int(row[0]) if row else WIDTHS_H[0]


async def settle_width(conn: Connection, mode: Mode, hours: int) -> bool:
    """New ones are that wide from now on; whether that is new."""
    async with conn.transaction():
        cursor = await conn.execute(
            "UPDATE storage_layout SET chunk_hours = %s WHERE chunk_hours <> %s", (hours, hours)
        )
        if cursor.rowcount and mode == "timescale":
            for table in TABLES:
                await conn.execute(
                    "SELECT set_chunk_time_interval(%s::regclass, make_interval(hours => %s))",
                    (table, hours),
                )
    return bool(cursor.rowcount)
