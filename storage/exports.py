"""Exports that people have ordered: who, what, how it ended. The files are the caller's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import dict_row

Connection = AsyncConnection[Any]
Row = dict[str, Any]
OVER = ("done", "failed", "cancelled")
MAX_LISTED = 50

_ADD = """
INSERT INTO exports (organisation_id, user_id, organisations, what, format, from_time, to_time,
                     created_at)
VALUES (%(organisation_id)s, %(user_id)s, %(organisations)s, %(what)s, %(format)s, %(from)s, %(to)s,
        %(now)s)
RETURNING *
"""
# Of the files that are kept, the oldest go first when there are too many bytes.
_TOO_MANY = """
WITH kept AS (
    SELECT id, done_at, sum(bytes) OVER (ORDER BY done_at DESC, id DESC) AS total
    FROM exports WHERE state = 'done'
)
SELECT e.id, e.format FROM exports e JOIN kept USING (id)
WHERE e.done_at < %(before)s OR kept.total > %(most)s
UNION ALL
SELECT id, format FROM exports WHERE state IN ('failed', 'cancelled') AND done_at < %(before)s
"""


async def add_export(conn: Connection, values: Row) -> Row:
    """A new one that waits; `values` by the names of _ADD."""
    return (await _rows(conn, _ADD, values))[0]


async def exports_of(conn: Connection, user_id: int) -> list[Row]:
    """Those of a person, the newest first."""
    query = "SELECT * FROM exports WHERE user_id = %(user)s ORDER BY id DESC LIMIT %(limit)s"
    return await _rows(conn, query, {"user": user_id, "limit": MAX_LISTED})


async def export_of(
    conn: Connection, user_id: int, organisations: Sequence[int], export_id: int
) -> Row | None:
    """One of a person who still sees all that is in it."""
    query = (
        "SELECT * FROM exports WHERE id = %(id)s AND user_id = %(user)s"
        " AND organisations <@ %(organisations)s::integer[]"
    )
    given = {"id": export_id, "user": user_id, "organisations": list(organisations)}
    rows = await _rows(conn, query, given)
    return rows[0] if rows else None


async def begin_export(conn: Connection, export_id: int) -> None:
    """It runs."""
    await conn.execute("UPDATE exports SET state = 'running' WHERE id = %s", (export_id,))


async def end_export(conn: Connection, export_id: int, now: datetime, **values: Any) -> None:
    """It is over: `state`, `rows`, `bytes`, `cut`, `error`."""
    given = {"rows": 0, "bytes": 0, "cut": False, "error": None, **values}
    await conn.execute(
        "UPDATE exports SET state = %(state)s, rows = %(rows)s, bytes = %(bytes)s, cut = %(cut)s,"
        " error = %(error)s, done_at = %(now)s"
        " WHERE id = %(id)s AND state IN ('waiting', 'running')",
        {**given, "now": now, "id": export_id},
    )


async def give_up_exports(conn: Connection, now: datetime) -> None:
    """After a restart: what had not ended will not."""
    await conn.execute(
        "UPDATE exports SET state = 'failed', done_at = %s,"
        " error = 'the server was restarted meanwhile: order it again'"
        " WHERE state IN ('waiting', 'running')",
        (now,),
    )


async def forget_export(conn: Connection, export_id: int) -> None:
    """Delete one."""
    await conn.execute("DELETE FROM exports WHERE id = %s", (export_id,))


async def forget_exports(conn: Connection, before: datetime, most_bytes: int) -> list[str]:
    """Delete those that ended before a time, and the oldest above so many bytes; their files."""
    rows = await _rows(conn, _TOO_MANY, {"before": before, "most": most_bytes})
    await conn.execute("DELETE FROM exports WHERE id = ANY(%s)", ([row["id"] for row in rows],))
    return [f"{row['id']}.{row['format']}" for row in rows]


async def _rows(conn: Connection, query: str, parameters: Row) -> list[Row]:
    async with conn.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query.encode(), parameters)
        return await cursor.fetchall()
