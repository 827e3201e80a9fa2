"""Files of history that people have sent: who, how they are read, how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from storage.json_text import jsonb

Connection = AsyncConnection[Any]
Row = dict[str, Any]
MAX_LISTED = 50
MAX_KEPT = 10_000  # jobs that are over; above it the oldest go

_ADD = """
INSERT INTO import_jobs (organisation_id, user_id, organisations, name, format, device_id, zone,
                         datum, judge, bytes, created_at)
VALUES (%(organisation_id)s, %(user_id)s, %(organisations)s, %(name)s, %(format)s, %(device_id)s,
        %(zone)s, %(datum)s, %(judge)s, %(bytes)s, %(now)s)
RETURNING *
"""
_END = """
UPDATE import_jobs SET state = %(state)s, rows = %(rows)s, stored = %(stored)s,
    duplicates = %(duplicates)s, refused = %(refused)s, wrong = %(wrong)s, error = %(error)s,
    done_at = %(now)s
WHERE id = %(id)s AND state IN ('waiting', 'running')
"""
_TRIM = """
DELETE FROM import_jobs WHERE done_at IS NOT NULL AND id <= (
    SELECT id FROM import_jobs ORDER BY id DESC OFFSET %s LIMIT 1)
"""


async def add_import(conn: Connection, values: Row) -> Row:
    """A new one that waits; `values` by the names of _ADD."""
    return (await _rows(conn, _ADD, values))[0]


async def imports_of(conn: Connection, user_id: int) -> list[Row]:
    """Those of a person, the newest first."""
    query = "SELECT * FROM import_jobs WHERE user_id = %(user)s ORDER BY id DESC LIMIT %(limit)s"
    return await _rows(conn, query, {"user": user_id, "limit": MAX_LISTED})


async def import_of(
    conn: Connection, user_id: int, organisations: Sequence[int], import_id: int
) -> Row | None:
    """One of a person who still sees all whose units it fills."""
    query = (
        "SELECT * FROM import_jobs WHERE id = %(id)s AND user_id = %(user)s"
        " AND organisations <@ %(organisations)s::integer[]"
    )
    given = {"id": import_id, "user": user_id, "organisations": list(organisations)}
    rows = await _rows(conn, query, given)
    return rows[0] if rows else None


async def open_imports(conn: Connection) -> list[Row]:
    """Those that are not over, in the order in which they came."""
    query = "SELECT * FROM import_jobs WHERE state IN ('waiting', 'running') ORDER BY id"
    return await _rows(conn, query, {})


async def begin_import(conn: Connection, import_id: int) -> None:
    """It runs."""
    await conn.execute("UPDATE import_jobs SET state = 'running' WHERE id = %s", (import_id,))


async def end_import(conn: Connection, import_id: int, now: datetime, values: Row) -> None:
    """It is over; `values` by the names of _END."""
    given = {**values, "wrong": jsonb(values["wrong"]), "now": now, "id": import_id}
    await conn.execute(_END.encode(), given)


async def forget_import(conn: Connection, import_id: int) -> None:
    """Delete one from the list; what it has stored stays."""
    await conn.execute("DELETE FROM import_jobs WHERE id = %s", (import_id,))


async def trim_imports(conn: Connection) -> int:
    """Delete the oldest above the cap; rows deleted."""
    return (await conn.execute(_TRIM, (MAX_KEPT,))).rowcount


async def _rows(conn: Connection, query: str, parameters: Row) -> list[Row]:
    async with conn.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query.encode(), parameters)
        return await cursor.fetchall()
