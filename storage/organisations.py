"""Organisations: made by the command line and the demo, found by name."""

from __future__ import annotations

from typing import Any

from psycopg import AsyncConnection


async def create_organisation(
    conn: AsyncConnection[Any], name: str, name_en: str = "", parent_id: int | None = None
) -> int:
    """Create an organisation; returns its id. Without a parent it stands above all others."""
    cursor = await conn.execute(
        "INSERT INTO organisations (parent_id, name, name_en) VALUES (%s, %s, %s) RETURNING id",
        (parent_id, name, name_en),
    )
    row = await cursor.fetchone()
    assert row is not None
    return int(row[0])


async def organisation_named(conn: AsyncConnection[Any], name: str) -> int | None:
    """The id of the organisation of that name, the oldest when there are several."""
    cursor = await conn.execute("SELECT min(id) FROM organisations WHERE name = %s", (name,))
    row = await cursor.fetchone()
    return None if row is None or row[0] is None else int(row[0])


async def organisation_exists(conn: AsyncConnection[Any], organisation_id: int) -> bool:
    """Whether there is an organisation of that id."""
    cursor = await conn.execute("SELECT 1 FROM organisations WHERE id = %s", (organisation_id,))
    return await cursor.fetchone() is not None


async def all_organisations(conn: AsyncConnection[Any]) -> list[int]:
    """The ids of all."""
    cursor = await conn.execute("SELECT id FROM organisations ORDER BY id")
    return [row[0] for row in await cursor.fetchall()]


async def any_organisation(conn: AsyncConnection[Any]) -> bool:
    """Whether there is an organisation at all: a new server has none."""
    cursor = await conn.execute("SELECT 1 FROM organisations LIMIT 1")
    return await cursor.fetchone() is not None
