"""Inspectors, their shifts and their grid cells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from model.fences import Fence, Shift
from storage.instants import from_datetime, to_datetime

Row = dict[str, Any]
MAX_TOLD = 10_000


class Told(NamedTuple):
    """What a handset said beside its place: an event, or why there was none."""

    time_us: int
    attributes: Row
    longitude_e6: int
    latitude_e6: int
    placed: bool


# The shift that runs now, or else the last one.
_INSPECTORS = """
SELECT d.id AS device_id, d.organisation_id, d.name, o.name AS organisation,
       s.starts_at, s.ends_at
FROM devices d JOIN organisations o ON o.id = d.organisation_id
LEFT JOIN LATERAL (
    SELECT starts_at, ends_at FROM duty_shifts WHERE device_id = d.id AND starts_at <= %(now)s
    ORDER BY starts_at DESC LIMIT 1) s ON true
WHERE d.kind = 'inspector'
"""
_VISIBLE = "AND d.organisation_id = ANY(%(organisations)s) ORDER BY d.name, d.id"
_OWN = "AND d.id = %(device_id)s"
_ASSIGNED = """
SELECT DISTINCT a.device_id, a.fence_id FROM assignments a
WHERE a.purpose = 'grid' AND a.device_id = ANY(%s) AND a.valid_from <= %s AND a.valid_to > %s
ORDER BY a.device_id, a.fence_id
"""
_TOLD = """
SELECT p.time, p.attributes, p.longitude_e6, p.latitude_e6, p.fix_source <> 0 FROM positions p
WHERE p.device_id = %s AND p.organisation_id = ANY(%s) AND p.time >= %s AND p.time <= %s
  AND p.attributes ?| ARRAY['gap', 'event'] ORDER BY p.time, p.variant LIMIT %s
"""
_STORMS_OF = """
SELECT storm_id, min(started_at), max(coalesce(ended_at, last_at)) FROM violations
WHERE device_id = %s AND organisation_id = ANY(%s) AND storm_id IS NOT NULL
  AND started_at <= %s AND coalesce(ended_at, last_at) >= %s
GROUP BY storm_id ORDER BY storm_id
"""
_CELLS = """
SELECT f.* FROM fences f WHERE f.valid_from <= %(now)s AND f.valid_to > %(since)s
  AND ('grid' = ANY(f.tags) OR EXISTS (
    SELECT 1 FROM assignments a WHERE a.fence_id = f.id AND a.purpose = 'grid'))
ORDER BY f.id, f.version
"""


async def inspectors(conn: AsyncConnection[Any], visible: Sequence[int], now_us: int) -> list[Row]:
    """`{device_id, organisation_id, name, organisation, starts_at, ends_at}`; the shift is the
    current or else the last one (None: none so far)."""
    async with conn.cursor(row_factory=dict_row) as cursor:
        parameters = {"now": to_datetime(now_us), "organisations": list(visible)}
        await cursor.execute(_INSPECTORS + _VISIBLE, parameters)
        return await cursor.fetchall()


async def inspector_of(conn: AsyncConnection[Any], device_id: int, now_us: int) -> Row | None:
    """As `inspectors`, one of them, whoever asks: for the person alone."""
    async with conn.cursor(row_factory=dict_row) as cursor:
        parameters = {"now": to_datetime(now_us), "device_id": device_id}
        await cursor.execute(_INSPECTORS + _OWN, parameters)
        return await cursor.fetchone()


async def assigned_cells(
    conn: AsyncConnection[Any], device_ids: Sequence[int], now_us: int
) -> dict[int, list[int]]:
    """Fence ids of each inspector's grid cells in force now."""
    now = to_datetime(now_us)
    cursor = await conn.execute(_ASSIGNED, (list(device_ids), now, now))
    cells: dict[int, list[int]] = {}
    for device_id, fence_id in await cursor.fetchall():
        cells.setdefault(device_id, []).append(fence_id)
    return cells


async def told_by(
    conn: AsyncConnection[Any], visible: Sequence[int], device_id: int, from_us: int, to_us: int
) -> list[Told]:
    """What a handset said of [from, to], by time; at most MAX_TOLD."""
    values = (device_id, list(visible), to_datetime(from_us), to_datetime(to_us), MAX_TOLD)
    cursor = await conn.execute(_TOLD, values)
    return [Told(from_datetime(row[0]), *row[1:]) for row in await cursor.fetchall()]


async def storms_of(
    conn: AsyncConnection[Any], visible: Sequence[int], device_id: int, from_us: int, to_us: int
) -> list[tuple[int, int, int]]:
    """(id, from, to) of the storms that the handset was part of in [from, to]."""
    values = (device_id, list(visible), to_datetime(to_us), to_datetime(from_us))
    cursor = await conn.execute(_STORMS_OF, values)
    rows = await cursor.fetchall()
    return [(row[0], from_datetime(row[1]), from_datetime(row[2])) for row in rows]


async def grid_cells(conn: AsyncConnection[Any], since_us: int, now_us: int) -> list[Fence]:
    """Versions of grid cells in force at some time of the period, of all organisations: tagged
    `grid` or assigned as one."""
    async with conn.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_CELLS, {"since": to_datetime(since_us), "now": to_datetime(now_us)})
        rows = await cursor.fetchall()
    return [_fence(row) for row in rows]


def _fence(row: Row) -> Fence:
    times: dict[str, Any] = {
        "valid_from_us": from_datetime(row.pop("valid_from")),
        "valid_to_us": from_datetime(row.pop("valid_to")),
    }
    return Fence(**{**row, "tags": tuple(row["tags"])}, **times)


async def inspector_ids(conn: AsyncConnection[Any]) -> list[int]:
    """All inspectors, of all organisations: whoever walks through a cell visits it."""
    cursor = await conn.execute("SELECT id FROM devices WHERE kind = 'inspector' ORDER BY id")
    return [row[0] for row in await cursor.fetchall()]


async def duty_shifts(conn: AsyncConnection[Any], since_us: int, until_us: int) -> list[Shift]:
    """Shifts of inspectors, of all organisations, that overlap [since, until)."""
    cursor = await conn.execute(
        "SELECT s.device_id, s.starts_at, s.ends_at FROM duty_shifts s"
        " JOIN devices d ON d.id = s.device_id AND d.kind = 'inspector'"
        " WHERE s.starts_at < %s AND s.ends_at > %s",
        (to_datetime(until_us), to_datetime(since_us)),
    )
    return [
        Shift(device_id=row[0], starts_us=from_datetime(row[1]), ends_us=from_datetime(row[2]))
        for row in await cursor.fetchall()
    ]
