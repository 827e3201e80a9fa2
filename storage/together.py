"""Storms and incidents as people see them; what makes them is in storage/outcomes.py."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from storage.scope import VIOLATION_IS_VISIBLE

Row = dict[str, Any]
MAX_LISTED = 200

_STORMS = """
SELECT s.id, s.organisation_id, o.name AS organisation, s.cause, s.started_at, s.until, s.devices,
       s.found_at,
       (SELECT count(*) FROM violations v WHERE v.storm_id = s.id AND v.finding = 'standing')
           AS violations
FROM storms s JOIN organisations o ON o.id = s.organisation_id
"""
# The incidents that have a visible violation of the filters; their ids fall with age, too.
_INCIDENTS = f"""
SELECT DISTINCT v.incident_id FROM violations v
WHERE v.incident_id IS NOT NULL AND {VIOLATION_IS_VISIBLE}
"""  # noqa: S608 the fragment is ours
_FILTERS = {
    "device_id": "v.device_id = %(device_id)s",
    "status": "v.status = %(status)s",
    "from": "coalesce(v.ended_at, v.last_at) >= %(from)s",
    "to": "v.started_at <= %(to)s",
    "before_id": "v.incident_id < %(before_id)s",
}


async def _rows(conn: AsyncConnection[Any], query: str, parameters: Row) -> list[Row]:
    async with conn.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query.encode(), parameters)
        return await cursor.fetchall()


async def list_storms(
    conn: AsyncConnection[Any], organisations: Sequence[int], before_id: int | None, limit: int
) -> list[Row]:
    """Storms of these organisations, newest first."""
    query = f"""{_STORMS} WHERE s.organisation_id = ANY(%(organisations)s)
        AND (%(before)s::bigint IS NULL OR s.id < %(before)s) ORDER BY s.id DESC LIMIT %(most)s"""
    values = {"organisations": list(organisations), "before": before_id, "most": limit}
    return await _rows(conn, query, values)


async def any_storm(conn: AsyncConnection[Any], storm_id: int) -> Row | None:
    """One storm, whoever asks: for its announcement."""
    rows = await _rows(conn, f"{_STORMS} WHERE s.id = %(id)s", {"id": storm_id})
    return rows[0] if rows else None


async def list_incidents(
    conn: AsyncConnection[Any], organisations: Sequence[int], filters: Row, limit: int
) -> list[int]:
    """Ids of incidents with a visible violation of the filters (by the names of _FILTERS),
    newest first."""
    given = {name: value for name, value in filters.items() if value is not None}
    conditions = "".join(f" AND {_FILTERS[name]}" for name in given)
    query = f"{_INCIDENTS}{conditions} ORDER BY v.incident_id DESC LIMIT %(most)s"
    values = {**given, "organisations": list(organisations), "most": limit}
    return [row["incident_id"] for row in await _rows(conn, query, values)]
