"""Summaries of inspectors' shifts and their visits to cells: which are due, and writing them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from model.fences import Shift
from storage.database import Connection
from storage.instants import DAY_US, from_datetime, to_datetime

BACK_DAYS = 8  # shifts entered later than that are not summed up
AGAIN_US = 900_000_000  # a shift that runs is summed up as often
GRACE_US = 120_000_000  # after its end: reports are on their way

# Shifts of the last days that have begun and are not there yet; those that were taken away.
_OPEN = """
INSERT INTO patrol_shifts (device_id, starts_at, ends_at)
SELECT DISTINCT ON (s.device_id, s.starts_at) s.device_id, s.starts_at, s.ends_at
FROM duty_shifts s JOIN devices d ON d.id = s.device_id AND d.kind = 'inspector'
WHERE s.starts_at <= %(now)s AND s.ends_at > %(since)s
ORDER BY s.device_id, s.starts_at, s.ends_at DESC
ON CONFLICT (device_id, starts_at) DO UPDATE SET ends_at = excluded.ends_at, dirty = true
WHERE patrol_shifts.ends_at <> excluded.ends_at
"""
_CLOSE = """
DELETE FROM patrol_shifts p WHERE p.ends_at > %(since)s AND NOT EXISTS (
    SELECT 1 FROM duty_shifts s WHERE s.device_id = p.device_id AND s.starts_at = p.starts_at)
"""
# Of a shift that runs, `made_at` decides when it is next looked at; data alone do not.
_SOIL = """
WITH news AS (
    SELECT device_id, min(from_time) AS from_time, max(id) AS id
    FROM (SELECT j.id, unnest(j.device_ids) AS device_id, unnest(j.from_times) AS from_time
          FROM ingest_journal j
          WHERE j.id > (SELECT journal_id FROM patrol_progress)) AS rows
    GROUP BY device_id),
soiled AS (
    UPDATE patrol_shifts p SET dirty = true FROM news n
    WHERE p.device_id = n.device_id AND p.ends_at > n.from_time AND NOT p.dirty)
UPDATE patrol_progress SET journal_id = greatest(
    journal_id, (SELECT coalesce(max(id), 0) FROM news))
"""
_DUE = """
SELECT device_id, starts_at, ends_at FROM patrol_shifts
WHERE dirty AND (made_at IS NULL OR ends_at <= %(ended)s OR made_at <= %(again)s)
  AND (ends_at <= %(ended)s OR starts_at <= %(now)s)
ORDER BY starts_at, device_id LIMIT %(limit)s
"""
_WRITE = """
UPDATE patrol_shifts SET dirty = %(dirty)s, made_at = %(made_at)s, state = %(state)s,
    late = %(late)s, left_early = %(left_early)s, first_at = %(first_at)s, last_at = %(last_at)s,
    present_s = %(present_s)s, away_s = %(away_s)s, unknown_s = %(unknown_s)s,
    walked_m = %(walked_m)s, fixes = %(fixes)s, cells = %(cells)s,
    cells_visited = %(cells_visited)s
WHERE device_id = %(device_id)s AND starts_at = %(starts_at)s
"""
_FORGET = "DELETE FROM patrol_visits WHERE device_id = %s AND starts_at = %s"
_VISITS = """
COPY patrol_visits (device_id, starts_at, fence_id, visits, seconds, first_at, last_at) FROM STDIN
"""
_DROP = "DELETE FROM patrol_shifts WHERE starts_at < %s"


async def open_shifts(conn: Connection, now_us: int) -> None:
    """Bring the list of shifts up to date, and mark those of which there is news."""
    parameters = {"now": to_datetime(now_us), "since": to_datetime(now_us - BACK_DAYS * DAY_US)}
    async with conn.transaction():
        for statement in (_OPEN, _CLOSE, _SOIL):
            await conn.execute(statement, parameters if "%(" in statement else None)


async def due_shifts(conn: Connection, now_us: int, limit: int) -> list[Shift]:
    """Shifts to be summed up now, the earliest first."""
    parameters = {
        "now": to_datetime(now_us), "ended": to_datetime(now_us - GRACE_US),
        "again": to_datetime(now_us - AGAIN_US), "limit": limit,
    }  # fmt: skip
    cursor = await conn.execute(_DUE, parameters)
    return [
        Shift(device_id=row[0], starts_us=from_datetime(row[1]), ends_us=from_datetime(row[2]))
        for row in await cursor.fetchall()
    ]


async def write_shifts(
    conn: Connection, summaries: Sequence[dict[str, Any]], visits: Sequence[tuple[Any, ...]]
) -> None:
    """Replace the summaries of shifts and their visits; columns by name, times as datetimes."""
    async with conn.transaction(), conn.cursor() as cursor:
        await cursor.executemany(_WRITE, summaries)
        await cursor.executemany(_FORGET, [(s["device_id"], s["starts_at"]) for s in summaries])
        async with cursor.copy(_VISITS) as copy:
            for visit in visits:
                await copy.write_row(visit)


async def drop_old_shifts(conn: Connection, before_us: int) -> int:
    """Summaries of shifts that started before; how many."""
    return (await conn.execute(_DROP, (to_datetime(before_us),))).rowcount
