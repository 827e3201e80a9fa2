"""Attendance and coverage over shifts that were summed up: by person, team, cell and period."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from psycopg.rows import dict_row

from storage.database import Connection
from storage.instants import to_datetime

Row = dict[str, Any]
By = Literal["person", "team", "all"]
CoverageBy = Literal["cell", "team", "person"]
Per = Literal["period", "day", "week", "month"]
MAX_ROWS = 100_000

_NO_KEY = ("NULL::int AS id", "NULL::text AS name", "NULL::text AS organisation")
# by: the columns that name a row.
_WHO = {
    "person": ("d.id AS id", "d.name AS name", "o.name AS organisation"),
    "team": ("o.id AS id", "o.name AS name", "o.name AS organisation"),
    "all": _NO_KEY,
}
# per: the local day on which the row's time begins. Weeks begin on Mondays.
_WHEN = {
    "period": "NULL::date",
    "day": "(p.starts_at AT TIME ZONE %(zone)s)::date",
    "week": "date_trunc('week', p.starts_at AT TIME ZONE %(zone)s)::date",
    "month": "date_trunc('month', p.starts_at AT TIME ZONE %(zone)s)::date",
}
_SUMS = """
count(*) AS shifts,
count(*) FILTER (WHERE p.state = 'present') AS present,
count(*) FILTER (WHERE p.state = 'absent') AS absent,
count(*) FILTER (WHERE p.state = 'unknown') AS unknown,
count(*) FILTER (WHERE p.state IS NULL OR p.state = 'running') AS running,
count(*) FILTER (WHERE p.late) AS late,
count(*) FILTER (WHERE p.left_early) AS left_early,
coalesce(sum(p.present_s), 0)::bigint AS present_s,
coalesce(sum(p.away_s), 0)::bigint AS away_s,
coalesce(sum(p.unknown_s), 0)::bigint AS unknown_s,
coalesce(sum(p.walked_m), 0)::bigint AS walked_m,
coalesce(sum(p.cells), 0)::bigint AS cells,
coalesce(sum(p.cells_visited), 0)::bigint AS cells_visited
"""
_SHIFTS = """
FROM patrol_shifts p JOIN devices d ON d.id = p.device_id
JOIN organisations o ON o.id = d.organisation_id
WHERE d.organisation_id = ANY(%(organisations)s)
  AND p.starts_at >= %(from)s AND p.starts_at < %(to)s
  AND (%(device_id)s::int IS NULL OR p.device_id = %(device_id)s)
"""
_EACH = f"""
SELECT d.id, d.name, o.name AS organisation, p.starts_at, p.ends_at, p.state, p.late, p.left_early,
       p.first_at, p.last_at, p.present_s, p.away_s, p.unknown_s, p.walked_m, p.cells,
       p.cells_visited
{_SHIFTS} ORDER BY p.starts_at DESC, d.name, d.id LIMIT %(limit)s
"""
# Cells in force at the period's end, whoever is responsible for them or owns them; visits of
# anybody count.
_CELLS = """
WITH cells AS (
    SELECT f.id, f.name, f.code, f.responsible_organisation_id AS team_id
    FROM fences f
    WHERE f.valid_from < %(to)s AND f.valid_to >= %(to)s
      AND (f.organisation_id = ANY(%(organisations)s)
           OR f.responsible_organisation_id = ANY(%(organisations)s))
      AND ('grid' = ANY(f.tags) OR f.id IN (
        SELECT fence_id FROM assignments WHERE purpose = 'grid'))),
p AS (
    SELECT * FROM patrol_visits WHERE starts_at >= %(from)s AND starts_at < %(to)s)
"""
_BY_CELL = """
SELECT c.id, c.name, c.code, o.name AS organisation, {when} AS begins, 1 AS cells,
       (count(p.fence_id) > 0)::int AS cells_visited, coalesce(sum(p.visits), 0)::bigint AS visits,
       coalesce(sum(p.seconds), 0)::bigint AS seconds, count(DISTINCT p.device_id) AS people,
       count(DISTINCT (p.starts_at AT TIME ZONE %(zone)s)::date) AS days, max(p.last_at) AS last_at
FROM cells c JOIN organisations o ON o.id = c.team_id LEFT JOIN p ON p.fence_id = c.id
GROUP BY c.id, c.name, c.code, o.name, begins
ORDER BY begins NULLS FIRST, visits, c.code, c.name, c.id LIMIT %(limit)s
"""
_BY_TEAM = """
, counted AS (SELECT team_id, count(*) AS cells FROM cells GROUP BY team_id)
SELECT o.id, o.name, NULL::text AS code, o.name AS organisation, {when} AS begins,
       counted.cells, count(DISTINCT p.fence_id) AS cells_visited,
       coalesce(sum(p.visits), 0)::bigint AS visits,
       coalesce(sum(p.seconds), 0)::bigint AS seconds, count(DISTINCT p.device_id) AS people,
       count(DISTINCT (p.starts_at AT TIME ZONE %(zone)s)::date) AS days, max(p.last_at) AS last_at
FROM counted JOIN organisations o ON o.id = counted.team_id
JOIN cells c ON c.team_id = o.id LEFT JOIN p ON p.fence_id = c.id
GROUP BY o.id, o.name, begins, counted.cells
ORDER BY begins NULLS FIRST, o.name, o.id LIMIT %(limit)s
"""
_BY_PERSON = f"""
SELECT d.id, d.name, NULL::text AS code, o.name AS organisation, {{when}} AS begins,
       coalesce(sum(p.cells), 0)::bigint AS cells,
       coalesce(sum(p.cells_visited), 0)::bigint AS cells_visited,
       coalesce(sum(v.visits), 0)::bigint AS visits,
       coalesce(sum(v.seconds), 0)::bigint AS seconds, 1 AS people,
       count(DISTINCT (p.starts_at AT TIME ZONE %(zone)s)::date) AS days, max(v.last_at) AS last_at
{
    _SHIFTS.replace(
        "WHERE",
        '''LEFT JOIN (
    SELECT device_id, starts_at, sum(visits) AS visits, sum(seconds) AS seconds,
           max(last_at) AS last_at
    FROM patrol_visits WHERE starts_at >= %(from)s AND starts_at < %(to)s
    GROUP BY device_id, starts_at) v ON v.device_id = p.device_id AND v.starts_at = p.starts_at
WHERE''',
    )
}
GROUP BY d.id, d.name, o.name, begins
ORDER BY begins NULLS FIRST, o.name, d.name, d.id LIMIT %(limit)s
"""  # noqa: S608 the text is ours


async def _rows(conn: Connection, query: str, parameters: Row) -> list[Row]:
    async with conn.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query.encode(), parameters)
        return await cursor.fetchall()


def _parameters(
    organisations: Sequence[int], period_us: tuple[int, int], zone: str, device_id: int | None
) -> Row:
    return {
        "organisations": list(organisations), "from": to_datetime(period_us[0]),
        "to": to_datetime(period_us[1]), "zone": zone, "device_id": device_id, "limit": MAX_ROWS,
    }  # fmt: skip


async def attendance(
    conn: Connection,
    organisations: Sequence[int],
    period_us: tuple[int, int],
    zone: str,
    *,
    by: By,
    per: Per,
    device_id: int | None = None,
) -> list[Row]:
    """Counts and sums of the shifts that start in [from, to), a row each who and when."""
    query = f"""
SELECT {", ".join(_WHO[by])}, {_WHEN[per]} AS begins, {_SUMS} {_SHIFTS}
GROUP BY 1, 2, 3, 4 ORDER BY 4 NULLS FIRST, 3, 2, 1 LIMIT %(limit)s
"""
    return await _rows(conn, query, _parameters(organisations, period_us, zone, device_id))


async def each_shift(
    conn: Connection,
    organisations: Sequence[int],
    period_us: tuple[int, int],
    device_id: int | None = None,
) -> list[Row]:
    """The shifts that start in [from, to), the latest first."""
    return await _rows(conn, _EACH, _parameters(organisations, period_us, "UTC", device_id))


async def cell_coverage(
    conn: Connection,
    organisations: Sequence[int],
    period_us: tuple[int, int],
    zone: str,
    *,
    by: CoverageBy,
    per: Per,
) -> list[Row]:
    """Visits of the shifts that start in [from, to) to the visible cells; a cell without a visit
    has a row without a time."""
    parameters = _parameters(organisations, period_us, zone, None)
    body = {"cell": _CELLS + _BY_CELL, "team": _CELLS + _BY_TEAM, "person": _BY_PERSON}[by]
    return await _rows(conn, body.replace("{when}", _WHEN[per]), parameters)
