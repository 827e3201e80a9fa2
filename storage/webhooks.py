"""Signed webhooks: who is told, by organisation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import dict_row

Row = dict[str, Any]
MAX_PER_ORGANISATION = 20


async def list_webhooks(conn: AsyncConnection[Any], organisations: Sequence[int]) -> list[Row]:
    """`{id, organisation_id, kind, url, enabled}`: a secret is shown once, when it is made."""
    async with conn.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(
            "SELECT id, organisation_id, kind, url, enabled FROM webhooks"
            " WHERE organisation_id = ANY(%s) ORDER BY id",
            (list(organisations),),
        )
        return await cursor.fetchall()


async def count_webhooks(conn: AsyncConnection[Any], organisation_id: int) -> int:
    """How many an organisation has."""
    cursor = await conn.execute(
        "SELECT count(*) FROM webhooks WHERE organisation_id = %s", (organisation_id,)
    )
    row = await cursor.fetchone()
    assert row is not None
    return int(row[0])


async def create_webhook(
    conn: AsyncConnection[Any], organisation_id: int, url: str, secret: str, kind: str = "webhook"
) -> int:
    """Add a webhook; it hears of every violation that its organisation may see."""
    cursor = await conn.execute(
        "INSERT INTO webhooks (organisation_id, url, secret, kind) VALUES (%s, %s, %s, %s)"
        " RETURNING id",
        (organisation_id, url, secret, kind),
    )
    row = await cursor.fetchone()
    assert row is not None
    return int(row[0])


async def delete_webhook(
    conn: AsyncConnection[Any], organisations: Sequence[int], webhook_id: int
) -> bool:
    """Remove a visible webhook; False when there is none."""
    cursor = await conn.execute(
        "DELETE FROM webhooks WHERE id = %s AND organisation_id = ANY(%s)",
        (webhook_id, list(organisations)),
    )
    return cursor.rowcount > 0
