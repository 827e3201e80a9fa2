"""Commands as people give and read them; their delivery is in storage/command_queue.py."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

Row = dict[str, Any]

# An order that reaches the driver hours later would only confuse.
EXPIRES_AFTER_S = 600
SETTING_EXPIRES_AFTER_S = 24 * 3600  # parameters and areas may wait for a terminal's next log-in
MAX_LISTED = 200

_SELECT = """
SELECT c.id, c.organisation_id, c.device_id, c.violation_id, c.kind, c.body, c.state, c.result,
       c.answer, c.created_at, c.sent_at, c.answered_at,
       CASE WHEN u.id IS NOT NULL
            THEN jsonb_build_object('id', u.id, 'display_name', u.display_name) END AS created_by
FROM commands c LEFT JOIN users u ON u.id = c.created_by
LEFT JOIN violations v ON v.id = c.violation_id
"""
# Who sees the violation sees what was sent because of it.
_VISIBLE = (
    "(c.organisation_id = ANY(%(organisations)s)"
    " OR v.responsible_organisation_id = ANY(%(organisations)s))"
)


async def _rows(conn: AsyncConnection[Any], query: str, parameters: Row) -> list[Row]:
    async with conn.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query.encode(), parameters)
        return await cursor.fetchall()


async def queue_command(
    conn: AsyncConnection[Any],
    *,
    organisation_id: int,
    device_id: int,
    kind: str,
    body: Row,
    created_by: int | None,
    now_us: int,
    violation_id: int | None = None,
    expires_after_s: int = EXPIRES_AFTER_S,
) -> int:
    """Queue a command for the gateway; returns its id.

    `created_by` None: a rule's ladder gave it.
    """
    cursor = await conn.execute(
        "INSERT INTO commands (organisation_id, device_id, violation_id, kind, body, created_by,"
        " created_at, expires_at) VALUES (%s, %s, %s, %s, %s, %s, to_timestamp(%s / 1e6),"
        " to_timestamp(%s / 1e6)) RETURNING id",
        (
            organisation_id,
            device_id,
            violation_id,
            kind,
            Jsonb(body),
            created_by,
            now_us,
            now_us + expires_after_s * 1_000_000,
        ),
    )
    row = await cursor.fetchone()
    assert row is not None
    return int(row[0])


async def find_command(
    conn: AsyncConnection[Any], organisations: Sequence[int], command_id: int
) -> Row | None:
    """One visible command."""
    parameters = {"organisations": list(organisations), "id": command_id}
    rows = await _rows(conn, f"{_SELECT} WHERE c.id = %(id)s AND {_VISIBLE}", parameters)
    return rows[0] if rows else None


async def any_commands(conn: AsyncConnection[Any], command_ids: Sequence[int]) -> list[Row]:
    """Commands whoever asks, by id, with `responsible_organisation_id`: for the live relay."""
    query = _SELECT.replace("SELECT c.id,", "SELECT v.responsible_organisation_id, c.id,", 1)
    query = f"{query} WHERE c.id = ANY(%(ids)s) ORDER BY c.id"
    return await _rows(conn, query, {"ids": list(command_ids)})


async def commands_of_device(
    conn: AsyncConnection[Any], organisations: Sequence[int], device_id: int
) -> list[Row]:
    """A device's visible commands, newest first."""
    query = f"""{_SELECT} WHERE c.device_id = %(device)s
        AND c.organisation_id = ANY(%(organisations)s) ORDER BY c.id DESC LIMIT {MAX_LISTED}"""
    return await _rows(conn, query, {"organisations": list(organisations), "device": device_id})


async def commands_of_violation(conn: AsyncConnection[Any], violation_id: int) -> list[Row]:
    """What was sent because of a violation, oldest first."""
    query = f"{_SELECT} WHERE c.violation_id = %(id)s ORDER BY c.id LIMIT {MAX_LISTED}"
    return await _rows(conn, query, {"id": violation_id})
