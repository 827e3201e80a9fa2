"""Violations as people see and work them; the engine's own writing is in storage/judgement.py.

Taking and closing are conditional UPDATEs: of two officers one gets the row, the other nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from psycopg import AsyncConnection
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from storage.ladder import stop_ladder
from storage.scope import VIOLATION_IS_VISIBLE

Row = dict[str, Any]
MAX_LISTED = 500

_SELECT = """
SELECT v.*, o.name AS organisation, ro.name AS responsible_organisation,
       d.name AS device_name, d.plate AS device_plate, d.kind AS device_kind,
       r.name_zh AS rule_name_zh, r.name_en AS rule_name_en,
       f.name AS fence_name, l.ladder,
       t.display_name AS taken_by_name, c.display_name AS closed_by_name
FROM violations v
JOIN organisations o ON o.id = v.organisation_id
JOIN devices d ON d.id = v.device_id
LEFT JOIN organisations ro ON ro.id = v.responsible_organisation_id
LEFT JOIN rules r ON r.id = v.rule_id AND r.version = v.rule_version
LEFT JOIN fences f ON f.id = v.fence_id AND f.version = v.fence_version
LEFT JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_object('to', s.recipient, 'due_at', s.due_at, 'done_at', s.done_at,
                                        'state', s.state, 'reason', s.reason) ORDER BY s.step)
           AS ladder
    FROM violation_steps s WHERE s.violation_id = v.id) l ON true
LEFT JOIN users t ON t.id = v.taken_by
LEFT JOIN users c ON c.id = v.closed_by
"""

# Filter name: its condition. `from` and `to` mean: the episode overlaps the period.
_FILTERS = {
    "status": "v.status = %(status)s",
    "kind": "v.kind = %(kind)s",
    "device_id": "v.device_id = %(device_id)s",
    "from": "coalesce(v.ended_at, v.last_at) >= %(from)s",
    "to": "v.started_at <= %(to)s",
    "before_id": "v.id < %(before_id)s",
    "shadow": "v.shadow = %(shadow)s",
    "inhibited": "(v.storm_id IS NOT NULL) = %(inhibited)s",
    "incident_id": "v.incident_id = %(incident_id)s",
}


class Act(NamedTuple):
    """Who does something with a violation, and when."""

    user_id: int
    at_us: int


async def _rows(conn: AsyncConnection[Any], query: str, parameters: Row) -> list[Row]:
    async with conn.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query.encode(), parameters)
        return await cursor.fetchall()


async def list_violations(
    conn: AsyncConnection[Any], organisations: Sequence[int], filters: Row, limit: int
) -> list[Row]:
    """Visible violations, newest first; `filters` by the names of _FILTERS (None: no filter)."""
    given = {name: value for name, value in filters.items() if value is not None}
    conditions = [VIOLATION_IS_VISIBLE, *(_FILTERS[name] for name in given)]
    query = f"{_SELECT} WHERE {' AND '.join(conditions)} ORDER BY v.id DESC LIMIT %(limit)s"
    parameters = {**given, "organisations": list(organisations), "limit": min(limit, MAX_LISTED)}
    return await _rows(conn, query, parameters)


async def find_violation(
    conn: AsyncConnection[Any], organisations: Sequence[int], violation_id: int
) -> Row | None:
    """One visible violation."""
    query = f"{_SELECT} WHERE v.id = %(id)s AND {VIOLATION_IS_VISIBLE}"
    parameters = {"id": violation_id, "organisations": list(organisations)}
    rows = await _rows(conn, query, parameters)
    return rows[0] if rows else None


async def violations_of_incidents(
    conn: AsyncConnection[Any], organisations: Sequence[int], incident_ids: Sequence[int]
) -> list[Row]:
    """The visible violations of these incidents."""
    query = f"{_SELECT} WHERE v.incident_id = ANY(%(ids)s) AND {VIOLATION_IS_VISIBLE}"
    values = {"ids": list(incident_ids), "organisations": list(organisations)}
    return await _rows(conn, query, values)


async def any_violation(conn: AsyncConnection[Any], violation_id: int) -> Row | None:
    """One violation whoever asks: for the live relay, which sorts out the readers itself."""
    rows = await _rows(conn, f"{_SELECT} WHERE v.id = %(id)s", {"id": violation_id})
    return rows[0] if rows else None


async def any_violations(conn: AsyncConnection[Any], violation_ids: Sequence[int]) -> list[Row]:
    """As `any_violation`, of several at once, by id."""
    query = f"{_SELECT} WHERE v.id = ANY(%(ids)s) ORDER BY v.id"
    return await _rows(conn, query, {"ids": list(violation_ids)})


async def take_violation(
    conn: AsyncConnection[Any], organisations: Sequence[int], violation_id: int, act: Act
) -> bool:
    """open -> taken, with its log line and outbox row; False when it was not ours to take."""
    query = f"""
        UPDATE violations v SET status = 'taken', taken_by = %(user)s,
               taken_at = to_timestamp(%(at_us)s / 1e6)
        WHERE v.id = %(id)s AND v.status = 'open' AND v.finding = 'standing' AND NOT v.shadow
          AND {VIOLATION_IS_VISIBLE} RETURNING v.id
    """  # noqa: S608 the fragment is ours
    parameters = {"id": violation_id, "organisations": list(organisations)}
    if not await _rows(conn, query, {**parameters, "user": act.user_id, "at_us": act.at_us}):
        return False
    await stop_ladder(conn, violation_id, "taken", act.at_us)
    await add_log(conn, violation_id, act, "taken", {})
    await add_to_outbox(conn, violation_id, "taken", act.at_us)
    return True


async def close_violation(
    conn: AsyncConnection[Any],
    organisations: Sequence[int],
    violation_id: int,
    act: Act,
    outcome: Row,
    *,
    others_too: bool = False,
) -> bool:
    """taken -> closed; `outcome` {result, reason, note}; `others_too`: though another took it.

    The evidence must be frozen in the same transaction (`storage.evidence`).
    """
    query = f"""
        UPDATE violations v SET status = 'closed', closed_by = %(user)s,
               closed_at = to_timestamp(%(at_us)s / 1e6), result = %(result)s,
               reason = %(reason)s, note = %(note)s
        WHERE v.id = %(id)s AND v.status = 'taken'
          AND (v.taken_by = %(user)s OR %(others_too)s)
          AND {VIOLATION_IS_VISIBLE} RETURNING v.id
    """  # noqa: S608 the fragment is ours
    parameters = {
        "id": violation_id,
        "organisations": list(organisations),
        "user": act.user_id,
        "at_us": act.at_us,
        "others_too": others_too,
        **outcome,
    }
    if not await _rows(conn, query, parameters):
        return False
    await add_log(conn, violation_id, act, "closed", outcome)
    await add_to_outbox(conn, violation_id, "closed", act.at_us)
    return True


async def add_log(
    conn: AsyncConnection[Any], violation_id: int, act: Act, action: str, detail: Row
) -> None:
    """Who did what with it, and when."""
    await conn.execute(
        "INSERT INTO violation_log (violation_id, at, user_id, action, detail)"
        " VALUES (%s, to_timestamp(%s / 1e6), %s, %s, %s)",
        (violation_id, act.at_us, act.user_id, action, Jsonb(detail)),
    )


async def add_to_outbox(
    conn: AsyncConnection[Any], violation_id: int, event: str, due_us: int
) -> None:
    """Something that alerts/ must tell."""
    await conn.execute(
        "INSERT INTO outbox (violation_id, event, due_at) VALUES (%s, %s, to_timestamp(%s / 1e6))",
        (violation_id, event, due_us),
    )


async def read_log(conn: AsyncConnection[Any], violation_id: int) -> list[Row]:
    """`{at, user: {id, display_name} | None, action, detail}`, oldest first."""
    query = """
        SELECT l.at, l.action, l.detail,
               CASE WHEN u.id IS NOT NULL
                    THEN jsonb_build_object('id', u.id, 'display_name', u.display_name) END AS user
        FROM violation_log l LEFT JOIN users u ON u.id = l.user_id
        WHERE l.violation_id = %(id)s ORDER BY l.id
    """
    return await _rows(conn, query, {"id": violation_id})


async def read_corrections(conn: AsyncConnection[Any], violation_id: int) -> list[Row]:
    """`{made_at, correction}`, oldest first."""
    query = """
        SELECT made_at, correction FROM violation_corrections
        WHERE violation_id = %(id)s ORDER BY id
    """
    return await _rows(conn, query, {"id": violation_id})


async def rule_version(conn: AsyncConnection[Any], rule_id: int, version: int) -> Row | None:
    """The rule as it stood when the violation was judged."""
    query = "SELECT * FROM rules WHERE id = %(id)s AND version = %(version)s"
    rows = await _rows(conn, query, {"id": rule_id, "version": version})
    return rows[0] if rows else None


async def fence_version(
    conn: AsyncConnection[Any], fence_id: int | None, version: int | None
) -> Row | None:
    """The fence as it stood when the violation was judged."""
    query = "SELECT * FROM fences WHERE id = %(id)s AND version = %(version)s"
    rows = await _rows(conn, query, {"id": fence_id, "version": version})
    return rows[0] if rows else None
