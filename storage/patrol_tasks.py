"""Messages and tasks to inspectors; a command carries each, its answers are noted by the queue."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg.rows import dict_row

from storage.database import Connection
from storage.instants import to_datetime

Row = dict[str, Any]
MAX_LISTED = 500

_SELECT = """
SELECT t.id, t.organisation_id, t.device_id, d.name AS device_name, o.name AS organisation,
       t.kind, t.text, t.longitude_e6, t.latitude_e6, t.deadline, t.created_at, t.delivered_at,
       t.read_at, t.done_at, t.cancelled_at, t.command_id, c.state AS command_state,
       c.result AS command_result, u.display_name AS created_by
FROM patrol_tasks t JOIN devices d ON d.id = t.device_id
JOIN organisations o ON o.id = t.organisation_id
LEFT JOIN commands c ON c.id = t.command_id LEFT JOIN users u ON u.id = t.created_by
WHERE t.organisation_id = ANY(%(organisations)s)
"""
# Filter name: its condition.
_FILTERS = {
    "id": "t.id = %(id)s",
    "device_id": "t.device_id = %(device_id)s",
    "open": "t.done_at IS NULL AND t.cancelled_at IS NULL AND (t.kind = 'task' OR"
    " t.read_at IS NULL)",
    "before_id": "t.id < %(before_id)s",
}
_INSERT = """
INSERT INTO patrol_tasks (organisation_id, device_id, command_id, kind, text, longitude_e6,
    latitude_e6, deadline, created_by, created_at)
VALUES (%(organisation_id)s, %(device_id)s, %(command_id)s, %(kind)s, %(text)s, %(longitude_e6)s,
    %(latitude_e6)s, %(deadline)s, %(created_by)s, %(created_at)s) RETURNING id
"""


async def list_tasks(
    conn: Connection, organisations: Sequence[int], filters: Row, limit: int
) -> list[Row]:
    """Visible tasks, newest first; `filters` by the names of _FILTERS (None, False: no filter)."""
    given = {name: value for name, value in filters.items() if value not in (None, False)}
    where = "".join(f" AND {_FILTERS[name]}" for name in given)
    query = f"{_SELECT}{where} ORDER BY t.id DESC LIMIT %(limit)s"
    parameters = given | {"organisations": list(organisations), "limit": min(limit, MAX_LISTED)}
    async with conn.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query.encode(), parameters)
        return await cursor.fetchall()


async def save_task(conn: Connection, values: Row) -> int:
    """Insert a task by the columns of _INSERT; returns its id."""
    row = await (await conn.execute(_INSERT.encode(), values)).fetchone()
    assert row is not None
    return int(row[0])


async def cancel_task(conn: Connection, task_id: int, now_us: int) -> None:
    """No longer wanted; a command that has not left is taken back."""
    await conn.execute(
        "UPDATE patrol_tasks SET cancelled_at = coalesce(cancelled_at, %s) WHERE id = %s",
        (to_datetime(now_us), task_id),
    )
    await conn.execute(
        "UPDATE commands SET state = 'expired' WHERE state = 'queued'"
        " AND id = (SELECT command_id FROM patrol_tasks WHERE id = %s)",
        (task_id,),
    )


async def note_read(conn: Connection, task_id: int, now_us: int) -> None:
    """Read, elsewhere than on the handset."""
    await conn.execute(
        "UPDATE patrol_tasks SET read_at = coalesce(read_at, %s) WHERE id = %s",
        (to_datetime(now_us), task_id),
    )


async def close_task(conn: Connection, task_id: int, now_us: int) -> None:
    """Done, as a person says who was told so."""
    await conn.execute(
        "UPDATE patrol_tasks SET done_at = coalesce(done_at, %s) WHERE id = %s",
        (to_datetime(now_us), task_id),
    )
