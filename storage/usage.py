"""What the database takes of the disk, by table and day, and when the disk will be full."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from psycopg import sql

from storage.database import Connection, Mode
from storage.partitions import TABLES, partition_span, partitions

GROWTH_DAYS = 7  # closed days of which the growth is the mean
LOOK_AHEAD_DAYS = 3_650

_CHUNKS = """
SELECT c.hypertable_name, c.range_start::date, d.total_bytes,
       coalesce(s.numrows_pre_compression, 0), greatest(k.reltuples, 0)::bigint,
       c.is_compressed, k.oid::regclass::text
FROM timescaledb_information.chunks c
JOIN chunks_detailed_size(%(table)s::text::regclass) d
  ON d.chunk_schema = c.chunk_schema AND d.chunk_name = c.chunk_name
JOIN pg_class k ON k.oid = format('%%I.%%I', c.chunk_schema, c.chunk_name)::regclass
LEFT JOIN _timescaledb_catalog.chunk n
  ON n.schema_name = c.chunk_schema AND n.table_name = c.chunk_name
LEFT JOIN _timescaledb_catalog.compression_chunk_size s ON s.chunk_id = n.id
WHERE c.hypertable_name = %(table)s::text ORDER BY c.range_start
"""
_PARTITION = """
SELECT pg_total_relation_size(c.oid), greatest(c.reltuples, 0)::bigint
FROM pg_class c WHERE c.oid = %s::regclass
"""
# Rows are packs where frames are packed, which is marked as for clustered days.
_IN_PACKS = sql.SQL(
    "SELECT coalesce(sum(frames - 1), 0) FROM {} WHERE frames IS NOT NULL AND EXISTS"
    " (SELECT 1 FROM pg_index WHERE indrelid = {}::regclass AND indisclustered)"
)
_OTHERS = "SELECT pg_database_size(current_database())"


@dataclass(frozen=True, slots=True)
class Day:
    """The partitions or chunks that begin on it. `rows`: as the database estimates them."""

    day: date
    bytes: int
    rows: int
    compressed: bool


@dataclass(frozen=True, slots=True)
class Usage:
    """`days` by table, oldest first; `total_bytes` of the whole database."""

    days: dict[str, tuple[Day, ...]]
    total_bytes: int

    def bytes_a_row(self, table: str) -> float | None:
        """Over the days whose rows are known."""
        known = [day for day in self.days[table] if day.rows]
        rows = sum(day.rows for day in known)
        return sum(day.bytes for day in known) / rows if rows else None

    def bytes_a_day(self, table: str, today: date) -> float:
        """The mean of the last closed days; of a table that has none, today's."""
        closed = [day.bytes for day in self.days[table] if day.day < today][-GROWTH_DAYS:]
        sizes = closed or [day.bytes for day in self.days[table]]
        return sum(sizes) / len(sizes) if sizes else 0.0


async def usage(conn: Connection, mode: Mode) -> Usage:
    """Measure it."""
    days: dict[str, tuple[Day, ...]] = {}
    for table in TABLES:
        measured = _chunks(conn, table) if mode == "timescale" else _partitions(conn, table)
        days[table] = tuple(_by_day(await measured))
    row = await (await conn.execute(_OTHERS)).fetchone()
    assert row is not None
    return Usage(days, int(row[0]))


def _by_day(parts: list[Day]) -> Iterator[Day]:
    for day, each in groupby(parts, key=lambda part: part.day):
        same = list(each)
        size, rows = sum(part.bytes for part in same), sum(part.rows for part in same)
        yield Day(day, size, rows, all(part.compressed for part in same))


async def _chunks(conn: Connection, table: str) -> list[Day]:
    cursor = await conn.execute(_CHUNKS, {"table": table})
    found = []
    for _, day, size, before, rows, compressed, name in await cursor.fetchall():
        more = 0 if compressed else await _in_packs(conn, table, name)
        found.append(Day(day, int(size), max(int(before), int(rows) + more), bool(compressed)))
    return found


async def _partitions(conn: Connection, table: str) -> list[Day]:
    found = []
    for name in await partitions(conn, table):
        row = await (await conn.execute(_PARTITION, (name,))).fetchone()
        if row is not None:
            rows = int(row[1]) + await _in_packs(conn, table, name)
            found.append(Day(partition_span(name)[0].date(), int(row[0]), rows, False))
    return found


async def _in_packs(conn: Connection, table: str, name: str) -> int:
    """How many frames more than rows there are; `name` quoted where it must be."""
    if table != "raw_frames":
        return 0
    query = _IN_PACKS.format(sql.SQL(name), sql.Literal(name))
    row = await (await conn.execute(query)).fetchone()
    return int(row[0]) if row else 0


def full_on(found: Usage, free_bytes: int, kept_days: dict[str, int], today: date) -> date | None:
    """The day on which the disk is full; None: retention keeps it from that.

    `kept_days`: of each table. A table grows until it has so many days.
    """
    growth = {table: found.bytes_a_day(table, today) for table in found.days}
    have: defaultdict[str, int] = defaultdict(int)
    for table, days in found.days.items():
        have[table] = (today - days[0].day).days if days else 0
    for ahead in range(1, LOOK_AHEAD_DAYS):
        grown = sum(
            size * max(0, min(ahead, kept_days[table] - have[table]))
            for table, size in growth.items()
        )
        if grown > free_bytes:
            return today + timedelta(days=ahead)
    return None
