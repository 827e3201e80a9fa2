"""Which shifts of inspectors start when, and who works them, is on leave, stands in for whom."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psycopg.rows import dict_row

from storage.database import Connection
from storage.instants import to_datetime

Row = dict[str, Any]
MAX_STARTS = 200
MAX_PEOPLE = 10_000

_WORKED = """
FROM shifts s
LEFT JOIN shift_swaps w ON w.device_id = s.device_id AND w.starts_at = s.starts_at
JOIN devices d ON d.id = coalesce(w.substitute_id, s.device_id) AND d.kind = 'inspector'
WHERE d.organisation_id = ANY(%(organisations)s)
"""
_STARTS = f"""
SELECT s.starts_at, count(DISTINCT d.id) AS shifts {_WORKED}
  AND s.starts_at >= %(from)s AND s.starts_at < %(to)s
GROUP BY s.starts_at ORDER BY s.starts_at LIMIT %(limit)s
"""
# A shift ends for its worker when a leave begins; `first_at`, `late`: as last summed up.
_PEOPLE = """
SELECT DISTINCT ON (d.id) d.id AS device_id, d.name, d.organisation_id, o.name AS organisation,
       s.starts_at, s.ends_at AS planned_ends_at,
       least(s.ends_at, (SELECT min(l.starts_at) FROM leaves l
             WHERE l.device_id = d.id AND l.starts_at > s.starts_at)) AS ends_at,
       planned.id AS planned_device_id, planned.name AS planned_name,
       l.id AS leave_id, l.reason AS leave_reason, l.note AS leave_note, l.ends_at AS leave_ends_at,
       p.first_at, p.late
FROM shifts s
LEFT JOIN shift_swaps w ON w.device_id = s.device_id AND w.starts_at = s.starts_at
JOIN devices d ON d.id = coalesce(w.substitute_id, s.device_id) AND d.kind = 'inspector'
JOIN devices planned ON planned.id = s.device_id
JOIN organisations o ON o.id = d.organisation_id
LEFT JOIN LATERAL (
    SELECT * FROM leaves l
    WHERE l.device_id = d.id AND l.starts_at <= s.starts_at AND l.ends_at > s.starts_at
    ORDER BY l.ends_at DESC LIMIT 1) l ON true
LEFT JOIN patrol_shifts p ON p.device_id = d.id AND p.starts_at = s.starts_at
WHERE d.organisation_id = ANY(%(organisations)s) AND s.starts_at = %(at)s
ORDER BY d.id, s.ends_at DESC LIMIT %(limit)s
"""
_LOST_TOGETHER = """
SELECT DISTINCT device_id FROM violations
WHERE device_id = ANY(%(devices)s) AND storm_id IS NOT NULL AND finding = 'standing'
  AND started_at <= %(to)s AND coalesce(ended_at, last_at) >= %(from)s
"""


async def _rows(conn: Connection, query: str, parameters: Row) -> list[Row]:
    async with conn.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query.encode(), parameters)
        return await cursor.fetchall()


async def shift_starts(
    conn: Connection, organisations: Sequence[int], from_us: int, to_us: int
) -> list[tuple[datetime, int]]:
    """(start, how many people) of [from, to), by time; at most MAX_STARTS."""
    parameters = {
        "organisations": list(organisations), "from": to_datetime(from_us),
        "to": to_datetime(to_us), "limit": MAX_STARTS,
    }  # fmt: skip
    rows = await _rows(conn, _STARTS, parameters)
    return [(row["starts_at"], row["shifts"]) for row in rows]


async def people_of_start(
    conn: Connection, organisations: Sequence[int], starts_us: int
) -> list[Row]:
    """Who works the visible shifts that start then: columns of _PEOPLE, a row a person."""
    parameters = {
        "organisations": list(organisations), "at": to_datetime(starts_us), "limit": MAX_PEOPLE,
    }  # fmt: skip
    rows = await _rows(conn, _PEOPLE, parameters)
    return sorted(rows, key=lambda row: (row["organisation"], row["name"], row["device_id"]))


async def lost_together(
    conn: Connection, device_ids: Sequence[int], from_us: int, to_us: int
) -> set[int]:
    """Those of these units that a storm took in [from, to]."""
    parameters = {
        "devices": list(device_ids), "from": to_datetime(from_us), "to": to_datetime(to_us),
    }  # fmt: skip
    return {row["device_id"] for row in await _rows(conn, _LOST_TOGETHER, parameters)}
