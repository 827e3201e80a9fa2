"""Shifts as they are worked, and what changes them: leaves and swaps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg.rows import dict_row

from model.fences import Shift
from model.rosters import Leave, Swap
from storage import rejudge
from storage.database import Connection
from storage.instants import to_datetime
from storage.rulebook_changes import bump_revision, save_shift

Row = dict[str, Any]
MAX_LISTED = 20_000

_SHIFTS = """
SELECT s.id, s.device_id, d.name AS device_name, d.organisation_id, s.planned_device_id,
       planned.name AS planned_device_name, s.starts_at, s.ends_at, base.roster_id
FROM duty_shifts s JOIN devices d ON d.id = s.device_id
JOIN devices planned ON planned.id = s.planned_device_id JOIN shifts base ON base.id = s.id
WHERE s.organisation_id = ANY(%(organisations)s) AND s.starts_at < %(to)s AND s.ends_at > %(from)s
  AND (%(device_id)s::int IS NULL OR s.device_id = %(device_id)s)
ORDER BY s.starts_at, d.name, s.id LIMIT %(limit)s
"""
_LEAVES = """
SELECT l.id, l.device_id, d.name AS device_name, l.starts_at, l.ends_at, l.reason, l.note
FROM leaves l JOIN devices d ON d.id = l.device_id
WHERE d.organisation_id = ANY(%(organisations)s) AND l.starts_at < %(to)s AND l.ends_at > %(from)s
  AND (%(device_id)s::int IS NULL OR l.device_id = %(device_id)s)
ORDER BY l.starts_at, l.id LIMIT %(limit)s
"""
_SWAPS = """
SELECT w.id, w.device_id, d.name AS device_name, w.substitute_id, s.name AS substitute_name,
       w.starts_at, w.note
FROM shift_swaps w JOIN devices d ON d.id = w.device_id JOIN devices s ON s.id = w.substitute_id
WHERE d.organisation_id = ANY(%(organisations)s)
  AND w.starts_at >= %(from)s AND w.starts_at < %(to)s
  AND (%(device_id)s::int IS NULL OR %(device_id)s IN (w.device_id, w.substitute_id))
ORDER BY w.starts_at, w.id LIMIT %(limit)s
"""
_INSERT_LEAVE = """
INSERT INTO leaves (device_id, starts_at, ends_at, reason, note, created_by, created_at)
VALUES (%s, %s, %s, %s, %s, %s, %s) RETURNING id
"""
_INSERT_SWAP = """
INSERT INTO shift_swaps (device_id, substitute_id, starts_at, note, created_by, created_at)
VALUES (%s, %s, %s, %s, %s, %s)
ON CONFLICT (device_id, starts_at) DO UPDATE SET substitute_id = excluded.substitute_id,
    note = excluded.note, created_by = excluded.created_by, created_at = excluded.created_at
RETURNING id
"""
_OVERLAPS = """
SELECT EXISTS (SELECT 1 FROM duty_shifts
WHERE device_id = %s AND starts_at < %s AND ends_at > %s)
"""


async def _listed(
    conn: Connection,
    query: str,
    organisations: Sequence[int],
    period_us: tuple[int, int],
    device_id: int | None,
) -> list[Row]:
    parameters = {
        "organisations": list(organisations), "from": to_datetime(period_us[0]),
        "to": to_datetime(period_us[1]), "device_id": device_id, "limit": MAX_LISTED,
    }  # fmt: skip
    async with conn.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query.encode(), parameters)
        return await cursor.fetchall()


async def shifts_worked(
    conn: Connection,
    organisations: Sequence[int],
    period_us: tuple[int, int],
    device_id: int | None = None,
) -> list[Row]:
    """Visible shifts that overlap [from, to), as they are worked; at most MAX_LISTED."""
    return await _listed(conn, _SHIFTS, organisations, period_us, device_id)


async def leaves(
    conn: Connection,
    organisations: Sequence[int],
    period_us: tuple[int, int],
    device_id: int | None = None,
) -> list[Row]:
    """Visible leaves that overlap [from, to)."""
    return await _listed(conn, _LEAVES, organisations, period_us, device_id)


async def swaps(
    conn: Connection,
    organisations: Sequence[int],
    period_us: tuple[int, int],
    device_id: int | None = None,
) -> list[Row]:
    """Visible swaps of shifts that start in [from, to)."""
    return await _listed(conn, _SWAPS, organisations, period_us, device_id)


async def plan_shifts(conn: Connection, planned: Sequence[Shift]) -> list[int]:
    """Insert shifts, all or none; returns their ids."""
    async with conn.transaction():
        return [await save_shift(conn, shift) for shift in planned]


async def save_leave(conn: Connection, leave: Leave, by: int | None, now_us: int) -> int:
    """Insert a leave; what the unit did since then is judged anew."""
    values = (
        *(leave.device_id, to_datetime(leave.starts_us), to_datetime(leave.ends_us)),
        *(leave.reason, leave.note, by, to_datetime(now_us)),
    )
    return await _changed(conn, _INSERT_LEAVE, values, [leave.device_id], leave.starts_us)


async def save_swap(conn: Connection, swap: Swap, by: int | None, now_us: int) -> int:
    """Insert a swap, or replace the one of that shift; both units are judged anew."""
    values = (
        *(swap.device_id, swap.substitute_id, to_datetime(swap.starts_us)),
        *(swap.note, by, to_datetime(now_us)),
    )
    units = [swap.device_id, swap.substitute_id]
    return await _changed(conn, _INSERT_SWAP, values, units, swap.starts_us)


async def drop_leave(conn: Connection, leave_id: int, device_id: int, starts_us: int) -> None:
    """Delete a leave: the duty is owed again."""
    query = "DELETE FROM leaves WHERE id = %s RETURNING id"
    await _changed(conn, query, (leave_id,), [device_id], starts_us)


async def drop_swap(conn: Connection, swap_id: int, units: Sequence[int], starts_us: int) -> None:
    """Delete a swap: the shift is the planned unit's again."""
    query = "DELETE FROM shift_swaps WHERE id = %s RETURNING id"
    await _changed(conn, query, (swap_id,), units, starts_us)


async def drop_shift(conn: Connection, shift_id: int, device_id: int, starts_us: int) -> None:
    """Delete a shift that was planned one by one."""
    query = "DELETE FROM shifts WHERE id = %s RETURNING id"
    await _changed(conn, query, (shift_id,), [device_id], starts_us)


async def is_on_shift(conn: Connection, device_id: int, period_us: tuple[int, int]) -> bool:
    """Whether the unit works at some time of [from, to)."""
    values = (device_id, to_datetime(period_us[1]), to_datetime(period_us[0]))
    row = await (await conn.execute(_OVERLAPS, values)).fetchone()
    return bool(row and row[0])


async def _changed(
    conn: Connection,
    query: str,
    values: tuple[object, ...],
    units: Sequence[int],
    since_us: int,
) -> int:
    async with conn.transaction():
        await bump_revision(conn)
        row = await (await conn.execute(query.encode(), values)).fetchone()
        await rejudge.ask(conn, units, since_us)
    return int(row[0]) if row else 0
