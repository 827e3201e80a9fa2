"""Partitions of plain PostgreSQL, a day or part of a day each, made when a batch first needs one.

How wide new ones are says storage/chunk_width.py. A partition is made beside the table and
attached: attaching lets readers and writers go on, which `CREATE TABLE ... PARTITION OF` does not.
On TimescaleDB chunks come by themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from psycopg import sql

from storage.database import Connection
from storage.instants import DAY_US, EPOCH, to_datetime

TABLES = ("positions", "raw_frames")
PARTITION_LOCK = 0x78756E706172  # advisory: whoever makes or drops partitions holds it
MAX_DAYS = 5_000  # 13 years; what a stray clock asks for beyond it is refused with its row
LAST_DAY = 84_006  # 2200-01-01: beyond it, and before 1970, no partition is made
_NAME = re.compile(r"_p(\d{8})(?:_(\d\d)_(\d\d))?$")
_WIDTH = "SELECT chunk_hours FROM storage_layout"
_CHILDREN = """
SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = %s::regclass ORDER BY c.relname
"""


def day_of(time_us: int) -> int:
    """Days since 1970 (UTC)."""
    return int(time_us) // DAY_US


def partition_name(table: str, day: int, from_hour: int = 0, hours: int = 24) -> str:
    """positions_p20261122; positions_p20261122_06_12 from 6 to 12 o'clock (UTC)."""
    part = "" if hours == 24 else f"_{from_hour:02}_{from_hour + hours:02}"
    return f"{table}_p{to_datetime(day * DAY_US):%Y%m%d}{part}"


def partition_span(name: str) -> tuple[datetime, datetime]:
    """[from, to) of a partition, by its name."""
    found = _NAME.search(name)
    assert found is not None, name
    day = datetime.strptime(found[1], "%Y%m%d").replace(tzinfo=UTC)
    return day + timedelta(hours=int(found[2] or 0)), day + timedelta(hours=int(found[3] or 24))


class Partitions:
    """The days for which partitions are known to exist."""

    def __init__(self) -> None:
        self._known: set[int] | None = None

    async def ensure(self, conn: Connection, days: Iterable[int]) -> None:
        """Make the missing partitions of these days, in a transaction of their own."""
        wanted = set(days)
        if self._known is not None and wanted <= self._known:
            return
        async with conn.transaction():
            await conn.execute("SELECT pg_advisory_xact_lock(%s)", (PARTITION_LOCK,))
            known = await _days(conn, TABLES[0])
            room = max(0, MAX_DAYS - len(known))
            sane = {day for day in wanted - known if 0 <= day < LAST_DAY}
            made = sorted(sane, reverse=True)[:room]
            row = await (await conn.execute(_WIDTH)).fetchone()
            hours = int(row[0]) if row else 24
            for table in TABLES:
                for day in sorted(set(made) - await _days(conn, table)):
                    for from_hour in range(0, 24, hours):
                        await _make(conn, table, day, from_hour, hours)
        self._known = known.union(made)

    def forget(self) -> None:
        """After a partition was dropped by anybody: look again."""
        self._known = None


async def _days(conn: Connection, table: str) -> set[int]:
    names = await partitions(conn, table)
    return {(partition_span(name)[0] - EPOCH).days for name in names}


async def _make(conn: Connection, table: str, day: int, from_hour: int, hours: int) -> None:
    parent = sql.Identifier(table)
    name = partition_name(table, day, from_hour, hours)
    made = sql.Identifier(name)
    await conn.execute(sql.SQL("CREATE TABLE {} (LIKE {} INCLUDING DEFAULTS)").format(made, parent))
    attach = sql.SQL("ALTER TABLE {} ATTACH PARTITION {} FOR VALUES FROM ({}) TO ({})")
    bounds = (sql.Literal(time) for time in partition_span(name))
    await conn.execute(attach.format(parent, made, *bounds))


async def partitions(conn: Connection, table: str) -> list[str]:
    """Names of the table's partitions, oldest first."""
    cursor = await conn.execute(_CHILDREN, (table,))
    return [name for (name,) in await cursor.fetchall()]
