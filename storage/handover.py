"""Notes that one shift of dispatchers hands to the next, and the numbers that go with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from storage.database import Connection
from storage.instants import to_datetime

Row = dict[str, Any]
MAX_LISTED = 200

_SELECT = """
SELECT n.id, n.organisation_id, o.name AS organisation, n.text, n.summary, n.created_at, n.taken_at,
       made.display_name AS created_by, taker.display_name AS taken_by
FROM handover_notes n JOIN organisations o ON o.id = n.organisation_id
LEFT JOIN users made ON made.id = n.created_by LEFT JOIN users taker ON taker.id = n.taken_by
WHERE n.organisation_id = ANY(%(organisations)s)
"""
_VIOLATIONS = """
SELECT count(*) FILTER (WHERE v.status = 'open') AS open_violations,
       count(*) FILTER (WHERE v.status = 'taken') AS taken_violations,
       count(*) FILTER (WHERE v.raised_at >= %(since)s) AS new_violations,
       count(*) FILTER (WHERE v.closed_at >= %(since)s) AS closed_violations
FROM violations v
WHERE v.finding = 'standing' AND NOT v.shadow
  AND (v.status <> 'closed' OR v.closed_at >= %(since)s)
  AND (v.organisation_id = ANY(%(organisations)s)
       OR v.responsible_organisation_id = ANY(%(organisations)s))
"""
_TASKS = """
SELECT count(*) AS open_tasks, count(*) FILTER (WHERE deadline < %(now)s) AS overdue_tasks
FROM patrol_tasks WHERE organisation_id = ANY(%(organisations)s) AND kind = 'task'
  AND done_at IS NULL AND cancelled_at IS NULL
"""
_SHIFTS = """
SELECT count(*) FILTER (WHERE p.ends_at > %(now)s) AS running_shifts,
       count(*) FILTER (WHERE p.state = 'absent') AS absent,
       count(*) FILTER (WHERE p.state = 'unknown') AS unknown,
       count(*) FILTER (WHERE p.late) AS late
FROM patrol_shifts p JOIN devices d ON d.id = p.device_id
WHERE d.organisation_id = ANY(%(organisations)s) AND p.ends_at > %(since)s
  AND p.starts_at <= %(now)s
"""


async def _one(conn: Connection, query: str, parameters: Row) -> Row:
    async with conn.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query.encode(), parameters)
        row = await cursor.fetchone()
    assert row is not None
    return row


async def handover_summary(
    conn: Connection, organisations: Sequence[int], since_us: int, now_us: int
) -> Row:
    """What is open now and what happened since, in numbers."""
    parameters = {
        "organisations": list(organisations), "since": to_datetime(since_us),
        "now": to_datetime(now_us),
    }  # fmt: skip
    found: Row = {}
    for query in (_VIOLATIONS, _TASKS, _SHIFTS):
        found |= await _one(conn, query, parameters)
    return found


async def list_notes(
    conn: Connection, organisations: Sequence[int], note_id: int | None = None
) -> list[Row]:
    """Visible notes, newest first."""
    own = " AND n.id = %(id)s" if note_id is not None else ""
    query = f"{_SELECT}{own} ORDER BY n.id DESC LIMIT {MAX_LISTED}"
    async with conn.cursor(row_factory=dict_row) as cursor:
        parameters = {"organisations": list(organisations), "id": note_id}
        await cursor.execute(query.encode(), parameters)
        return await cursor.fetchall()


async def save_note(
    conn: Connection, organisation_id: int, text: str, summary: Row, *, by: int, now_us: int
) -> int:
    """Insert a note; returns its id."""
    cursor = await conn.execute(
        "INSERT INTO handover_notes (organisation_id, text, summary, created_by, created_at)"
        " VALUES (%s, %s, %s, %s, %s) RETURNING id",
        (organisation_id, text, Jsonb(summary), by, to_datetime(now_us)),
    )
    row = await cursor.fetchone()
    assert row is not None
    return int(row[0])


async def take_note(conn: Connection, note_id: int, by: int, now_us: int) -> bool:
    """Somebody has read it and takes over; False: somebody else has."""
    cursor = await conn.execute(
        "UPDATE handover_notes SET taken_by = %s, taken_at = %s WHERE id = %s AND taken_at IS NULL",
        (by, to_datetime(now_us), note_id),
    )
    return cursor.rowcount > 0
