"""Who looked at whose path: kept, and shown to the person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from psycopg.rows import dict_row

from storage.database import Connection
from storage.instants import DAY_US, to_datetime

Row = dict[str, Any]
Source = Literal["path", "track"]
MAX_LISTED = 500
AGAIN_US = 600_000_000  # the page asks again every few seconds: one look a user and ten minutes

_NOTE = """
INSERT INTO path_views (device_id, user_id, at, from_time, to_time, source)
SELECT %(device)s, %(user)s, %(now)s, %(from)s, %(to)s, %(source)s
WHERE NOT EXISTS (
    SELECT 1 FROM path_views WHERE device_id = %(device)s AND user_id = %(user)s
      AND source = %(source)s AND at > %(again)s AND from_time <= %(from)s
      AND to_time + interval '10 minutes' >= %(to)s)
"""
_LISTED = """
SELECT v.id, v.device_id, d.name AS device_name, v.user_id, u.display_name AS user_name, u.role,
       o.name AS user_organisation, v.at, v.from_time, v.to_time, v.source
FROM path_views v JOIN devices d ON d.id = v.device_id JOIN users u ON u.id = v.user_id
JOIN organisations o ON o.id = u.organisation_id
WHERE (d.organisation_id = ANY(%(organisations)s) OR d.id = %(own)s)
  AND (%(device)s::int IS NULL OR v.device_id = %(device)s)
  AND (%(before)s::bigint IS NULL OR v.id < %(before)s)
ORDER BY v.id DESC LIMIT %(limit)s
"""


async def note_view(
    conn: Connection,
    device_id: int,
    user_id: int,
    period_us: tuple[int, int],
    *,
    source: Source,
    now_us: int,
) -> None:
    """Keep that a user looked at this part of a path; the same look again is one."""
    await conn.execute(
        _NOTE,
        {
            "device": device_id, "user": user_id, "source": source, "now": to_datetime(now_us),
            "from": to_datetime(period_us[0]), "to": to_datetime(period_us[1]),
            "again": to_datetime(now_us - AGAIN_US),
        },
    )  # fmt: skip


async def path_views(
    conn: Connection,
    organisations: Sequence[int],
    own_device_id: int | None,
    *,
    device_id: int | None,
    before_id: int | None,
    limit: int,
) -> list[Row]:
    """Looks at visible inspectors, and at the caller's own unit; the latest first."""
    parameters = {
        "organisations": list(organisations), "own": own_device_id, "device": device_id,
        "before": before_id, "limit": min(limit, MAX_LISTED),
    }  # fmt: skip
    async with conn.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_LISTED, parameters)
        return await cursor.fetchall()


async def drop_path_views(conn: Connection, before_us: int) -> int:
    """Looks from before a time, once they have outlived the paths that they were at by a year."""
    cutoff = to_datetime(before_us - 365 * DAY_US)
    return (await conn.execute("DELETE FROM path_views WHERE at < %s", (cutoff,))).rowcount
