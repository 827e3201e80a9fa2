"""Rule versions that raised an error and stopped themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from storage.instants import to_datetime

Connection = AsyncConnection[Any]
Row = dict[str, Any]

# A rule is shown as failing as long as the version in force is one that failed.
_IN_FORCE = """
SELECT r.id, r.version, r.organisation_id, r.name_zh, r.name_en, f.since, f.error
FROM failing_rules f JOIN rules r ON r.id = f.rule_id AND r.version = f.version
WHERE r.valid_from <= %(now)s AND r.valid_to > %(now)s AND r.mode <> 'off'
"""


async def load_failing(conn: Connection) -> dict[tuple[int, int], str]:
    """The error by (rule, version): for the engine."""
    cursor = await conn.execute("SELECT rule_id, version, error FROM failing_rules")
    return {(row[0], row[1]): row[2] for row in await cursor.fetchall()}


async def save_failing(
    conn: Connection, failing: Mapping[tuple[int, int], str], since_us: int
) -> None:
    """Remember newly failing versions; of one that is known the first error stays."""
    rows = [(*key, to_datetime(since_us), error) for key, error in failing.items()]
    async with conn.cursor() as cursor:
        await cursor.executemany(
            "INSERT INTO failing_rules VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING", rows
        )


async def failing_in_force(
    conn: Connection, now_us: int, organisations: Sequence[int] | None = None
) -> list[Row]:
    """`{id, version, organisation_id, name_zh, name_en, since, error}` of rules in force that
    fail; None: of every organisation."""
    query, values = _IN_FORCE, {"now": to_datetime(now_us), "organisations": organisations}
    if organisations is not None:
        query += " AND r.organisation_id = ANY(%(organisations)s)"
    async with conn.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(f"{query} ORDER BY r.id".encode(), values)
        return await cursor.fetchall()


async def failure_of(conn: Connection, rule_id: int, at_us: int) -> str | None:
    """The error of the version in force at a time."""
    query = f"SELECT failed.error FROM ({_IN_FORCE}) failed WHERE failed.id = %(rule)s"  # noqa: S608
    values = {"now": to_datetime(at_us), "rule": rule_id}
    row = await (await conn.execute(query.encode(), values)).fetchone()
    return None if row is None else str(row[0])
