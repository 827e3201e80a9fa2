"""The ingest journal's numbering."""

from __future__ import annotations

from typing import Any

from psycopg import AsyncConnection


async def last_journal_id(conn: AsyncConnection[Any]) -> int:
    """The highest id given so far, also when old rows have been trimmed."""
    cursor = await conn.execute(
        "SELECT greatest(coalesce((SELECT max(id) FROM ingest_journal), 0),"
        " coalesce((SELECT max(journal_id) FROM judged), 0))"
    )
    row = await cursor.fetchone()
    assert row is not None
    return int(row[0])
