"""Daily partitions of plain PostgreSQL, made when a batch first needs their day.

A partition is made beside the table and attached: attaching lets readers and writers go on, which
`CREATE TABLE ... PARTITION OF` does not. On TimescaleDB chunks come by themselves.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from psycopg import sql

from storage.database import Connection
from storage.instants import DAY_US, EPOCH, to_datetime

TABLES = ("positions", "raw_frames")
PARTITION_LOCK = 0x78756E706172  # advisory: whoever makes or drops partitions holds it
MAX_DAYS = 5_000  # 13 years; what a stray clock asks for beyond it is refused with its row
LAST_DAY = 84_006  # 2200-01-01: beyond it, and before 1970, no partition is made
_CHILDREN = """
SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = %s::regclass ORDER BY c.relname
"""


def day_of(time_us: int) -> int:
    """Days since 1970 (UTC)."""
    return int(time_us) // DAY_US


def partition_name(table: str, day: int) -> str:
    """positions_p20261122"""
    return f"{table}_p{to_datetime(day * DAY_US):%Y%m%d}"


def partition_date(name: str) -> date:
    """The day of a partition's name."""
    return datetime.strptime(name.rpartition("_p")[2], "%Y%m%d").replace(tzinfo=UTC).date()


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
            for table in TABLES:
                for day in sorted(set(made) - await _days(conn, table)):
                    await _make(conn, table, day)
        self._known = known.union(made)

    def forget(self) -> None:
        """After a partition was dropped by anybody: look again."""
        self._known = None


async def _days(conn: Connection, table: str) -> set[int]:
    names = await partitions(conn, table)
    return {(partition_date(name) - EPOCH.date()).days for name in names}


async def _make(conn: Connection, table: str, day: int) -> None:
    parent = sql.Identifier(table)
    name = sql.Identifier(partition_name(table, day))
    start = to_datetime(day * DAY_US)
    await conn.execute(sql.SQL("CREATE TABLE {} (LIKE {} INCLUDING DEFAULTS)").format(name, parent))
    attach = sql.SQL("ALTER TABLE {} ATTACH PARTITION {} FOR VALUES FROM ({}) TO ({})")
    bounds = (sql.Literal(start), sql.Literal(start + timedelta(days=1)))
    await conn.execute(attach.format(parent, name, *bounds))


async def partitions(conn: Connection, table: str) -> list[str]:
    """Names of the table's partitions, oldest first."""
    cursor = await conn.execute(_CHILDREN, (table,))
    return [name for (name,) in await cursor.fetchall()]
