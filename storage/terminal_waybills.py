"""Waybills that terminals report (0x0701): those not read yet, and what came of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from storage.database import Connection
from storage.in_force import fences_in_force
from storage.instants import to_datetime
from storage.json_text import jsonb

Row = dict[str, Any]
MAX_RETRIED = 1_000  # messages that could not be read, the newest

_UNREAD = """
SELECT m.id, m.organisation_id, m.device_id, d.identity, m.received_at, m.content
FROM terminal_messages m JOIN devices d ON d.id = m.device_id
WHERE m.name = 'waybill' AND m.outcome IS NULL AND m.received_at >= %(since)s AND m.id > %(after)s
ORDER BY m.id LIMIT %(limit)s
"""
_RETRY = """
UPDATE terminal_messages SET outcome = NULL WHERE id IN (
    SELECT id FROM terminal_messages WHERE name = 'waybill' AND outcome ? 'problem'
     AND received_at >= %s ORDER BY id DESC LIMIT %s)
"""
# Everything below the organisation that stands above all others of a unit's.
_TREE = """
WITH RECURSIVE above AS (
    SELECT id, parent_id FROM organisations WHERE id = %s
    UNION
    SELECT o.id, o.parent_id FROM organisations o JOIN above ON o.id = above.parent_id
), below AS (
    SELECT id FROM above WHERE parent_id IS NULL
    UNION
    SELECT o.id FROM organisations o JOIN below ON o.parent_id = below.id
)
SELECT id FROM below
"""
_PROBLEMS = """
SELECT m.id, m.device_id, d.name AS device_name, m.organisation_id, m.received_at, m.outcome
FROM terminal_messages m JOIN devices d ON d.id = m.device_id
WHERE m.organisation_id = ANY(%(organisations)s) AND m.name = 'waybill' AND m.outcome ? 'problem'
  AND (%(before_id)s::bigint IS NULL OR m.id < %(before_id)s)
ORDER BY m.id DESC LIMIT %(limit)s
"""


class UnreadWaybill(NamedTuple):
    """A message of a terminal; `content` by field: `data` as hex."""

    id: int
    organisation_id: int
    device_id: int
    identity: str
    received_at: Any
    content: Row


async def unread_waybills(
    conn: Connection, since_us: int, after_id: int, limit: int
) -> list[UnreadWaybill]:
    """Those that nobody has looked at, oldest first."""
    values = {"since": to_datetime(since_us), "after": after_id, "limit": limit}
    cursor = await conn.execute(_UNREAD, values)
    return [UnreadWaybill(*row) for row in await cursor.fetchall()]


async def note_outcome(conn: Connection, message_id: int, outcome: Row) -> None:
    """What came of a message."""
    await conn.execute(
        "UPDATE terminal_messages SET outcome = %s WHERE id = %s", (jsonb(outcome), message_id)
    )


async def retry_waybills(conn: Connection, since_us: int) -> int:
    """Those that could not be read are looked at again: a profile or a fence may be new."""
    return (await conn.execute(_RETRY, (to_datetime(since_us), MAX_RETRIED))).rowcount


async def places_of(
    conn: Connection, organisation_id: int, now_us: int
) -> Mapping[str, int | None]:
    """Fences by code, name and #id, of everybody in the unit's city; None where several fit."""
    tree = [row[0] for row in await (await conn.execute(_TREE, (organisation_id,))).fetchall()]
    found: dict[str, int | None] = {}
    for row in await fences_in_force(conn, tree, now_us):
        for name in {row["code"], row["name"], f"#{row['id']}"} - {None, ""}:
            found[name] = row["id"] if found.get(name, row["id"]) == row["id"] else None
    return found


async def unreadable_waybills(
    conn: AsyncConnection[Any],
    organisations: Sequence[int],
    before_id: int | None,
    limit: int,
) -> list[Row]:
    """Visible messages that could not be turned into waybills, newest first."""
    values = {"organisations": list(organisations), "before_id": before_id, "limit": limit}
    async with conn.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_PROBLEMS, values)
        return await cursor.fetchall()
