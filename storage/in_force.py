"""Fences and rules in force at a time, within a scope; the whole is in storage.rulebook."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from storage.instants import to_datetime

Row = dict[str, Any]

_FENCES = """
SELECT f.* FROM fences f
WHERE f.valid_from <= %(now)s AND f.valid_to > %(now)s
  AND (f.organisation_id = ANY(%(organisations)s)
       OR f.responsible_organisation_id = ANY(%(organisations)s)
       OR EXISTS (SELECT 1 FROM assignments a WHERE a.fence_id = f.id
                  AND a.organisation_id = ANY(%(organisations)s)))
"""
_OWN_FENCE = """
SELECT f.* FROM fences f WHERE f.id = %(id)s AND f.valid_from <= %(now)s AND f.valid_to > %(now)s
  AND f.organisation_id = ANY(%(organisations)s)
"""
_USERS = """
SELECT ARRAY(SELECT r.id FROM rules r WHERE %(id)s = ANY(r.fence_ids)
             AND r.valid_from <= %(now)s AND r.valid_to > %(now)s ORDER BY r.id) AS rules,
       ARRAY(SELECT DISTINCT p.id FROM permits p WHERE p.valid_to > %(now)s
             AND %(id)s = ANY(p.dump_fence_ids || p.site_fence_id || p.route_fence_id)) AS permits
"""
_RULES = """
SELECT r.* FROM rules r WHERE r.valid_from <= %(now)s AND r.valid_to > %(now)s
  AND r.organisation_id = ANY(%(organisations)s)
"""
_KNOWN = """
WITH RECURSIVE near AS (
    SELECT id, parent_id FROM organisations WHERE id = ANY(%(organisations)s)
    UNION
    SELECT o.id, o.parent_id FROM organisations o JOIN near ON o.id = near.parent_id
)
SELECT 1 FROM rules WHERE id = %(id)s AND organisation_id IN (SELECT id FROM near) LIMIT 1
"""


async def _rows(conn: AsyncConnection[Any], query: str, parameters: Row) -> list[Row]:
    async with conn.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query.encode(), parameters)
        return await cursor.fetchall()


def _parameters(visible: Sequence[int], now_us: int) -> Row:
    return {"organisations": list(visible), "now": to_datetime(now_us)}


async def fences_in_force(
    conn: AsyncConnection[Any], visible: Sequence[int], now_us: int
) -> list[Row]:
    """Fences that these organisations own, answer for, or have units assigned to."""
    return await _rows(conn, _FENCES + " ORDER BY f.id", _parameters(visible, now_us))


async def fence_in_force(
    conn: AsyncConnection[Any], visible: Sequence[int], fence_id: int, now_us: int
) -> Row | None:
    """A fence that these organisations own, and so may change."""
    rows = await _rows(conn, _OWN_FENCE, _parameters(visible, now_us) | {"id": fence_id})
    return rows[0] if rows else None


async def users_of_fence(
    conn: AsyncConnection[Any], fence_id: int, now_us: int
) -> dict[str, list[int]]:
    """The ids of `rules` and `permits` in force, or to come, that name a fence by its id."""
    rows = await _rows(conn, _USERS, {"id": fence_id, "now": to_datetime(now_us)})
    return rows[0]


async def rules_in_force(
    conn: AsyncConnection[Any], visible: Sequence[int], now_us: int
) -> list[Row]:
    """Rules of these organisations."""
    return await _rows(conn, _RULES + " ORDER BY r.id", _parameters(visible, now_us))


async def rule_in_force(
    conn: AsyncConnection[Any], visible: Sequence[int], rule_id: int, now_us: int
) -> Row | None:
    """One rule of these organisations."""
    query = _RULES + " AND r.id = %(id)s"
    rows = await _rows(conn, query, _parameters(visible, now_us) | {"id": rule_id})
    return rows[0] if rows else None


async def rule_known(conn: AsyncConnection[Any], visible: Sequence[int], rule_id: int) -> bool:
    """Whether a rule of these organisations, or of one above them, has this id, ever."""
    return bool(await _rows(conn, _KNOWN, {"organisations": list(visible), "id": rule_id}))
