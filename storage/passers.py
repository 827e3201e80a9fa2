"""What is known against units that passed a place: their violations of dust and load."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from storage.instants import to_datetime
from storage.scope import VIOLATION_IS_VISIBLE

# What leaves dirt on a road.
DIRTY_KINDS = ("uncovered_load", "unwashed_exit", "illegal_dumping", "mixer_discharge")
MAX_FOUND = 2_000

_QUERY = f"""
SELECT v.id, v.device_id, v.kind, v.started_at, coalesce(v.ended_at, v.last_at) AS until
FROM violations v
WHERE {VIOLATION_IS_VISIBLE} AND v.device_id = ANY(%(devices)s) AND v.kind = ANY(%(kinds)s)
  AND v.finding = 'standing' AND NOT v.shadow
  AND v.started_at <= %(to)s AND coalesce(v.ended_at, v.last_at) >= %(from)s
ORDER BY v.device_id, v.started_at LIMIT %(limit)s
"""  # noqa: S608 the fragment is ours


async def dirty_violations(
    conn: AsyncConnection[Any],
    organisations: Sequence[int],
    device_ids: Sequence[int],
    period_us: tuple[int, int],
) -> list[dict[str, Any]]:
    """Standing ones of DIRTY_KINDS that overlap a period: `{id, device_id, kind, started_at,
    until}`."""
    parameters = {
        "organisations": list(organisations),
        "devices": list(device_ids),
        "kinds": list(DIRTY_KINDS),
        "from": to_datetime(period_us[0]),
        "to": to_datetime(period_us[1]),
        "limit": MAX_FOUND,
    }
    async with conn.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_QUERY.encode(), parameters)
        return await cursor.fetchall()
