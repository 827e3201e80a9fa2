"""Trips as people read them: lists, sums, and what a reconciliation compares."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from model.trips import CountedTrip
from storage.instants import from_datetime

Row = dict[str, Any]
Grouping = Literal["site", "dump", "company", "device", "day"]

_FENCE_NAME = (
    "(SELECT name FROM fences f WHERE f.id = t.{0}_fence_id ORDER BY version DESC LIMIT 1)"
)
_SELECT = f"""
SELECT t.*, d.name AS device_name, d.plate AS device_plate, o.name AS organisation,
       {_FENCE_NAME.format("site")} AS site_name, {_FENCE_NAME.format("dump")} AS dump_name
FROM trips t JOIN devices d ON d.id = t.device_id JOIN organisations o ON o.id = t.organisation_id
"""  # noqa: S608 the fragments are ours
# Filter name: its condition. `from` and `to` mean: it left in the period.
_FILTERS = {
    "device_id": "t.device_id = %(device_id)s",
    "site": "t.site_fence_id = %(site)s",
    "dump": "t.dump_fence_id = %(dump)s",
    "from": "t.left_at >= %(from)s",
    "to": "t.left_at < %(to)s",
    "before": "(t.left_at, t.id) < (%(before)s, %(before_id)s)",
}
# Grouping: the id that groups, and its name.
_GROUPS: dict[str, tuple[str, str]] = {
    "site": ("t.site_fence_id", _FENCE_NAME.format("site")),
    "dump": ("t.dump_fence_id", _FENCE_NAME.format("dump")),
    "company": ("t.organisation_id", "o.name"),
    "device": ("t.device_id", "coalesce(d.plate, d.name)"),
    "day": ("NULL::integer", "to_char(t.left_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD')"),
}


async def list_trips(
    conn: AsyncConnection[Any], organisations: Sequence[int], filters: Row, limit: int
) -> list[Row]:
    """Visible trips, the last that left first; `filters` by the names of _FILTERS (None: no
    filter), `before` with `before_id`: those after that one in the list."""
    where, parameters = _where(organisations, filters)
    query = f"{_SELECT} WHERE {where} ORDER BY t.left_at DESC, t.id DESC LIMIT %(limit)s"
    return await _rows(conn, query, {**parameters, "limit": limit})


async def sum_trips(
    conn: AsyncConnection[Any], organisations: Sequence[int], filters: Row, by: Grouping
) -> list[Row]:
    """`{id, name, trips, unmatched, volume_m3, volume_unknown, distance_m}` a group."""
    where, parameters = _where(organisations, filters)
    key, name = _GROUPS[by]
    query = f"""
        SELECT id, name, count(*) AS trips, count(*) FILTER (WHERE cardinality(unmatched) > 0)
                 AS unmatched, coalesce(sum(volume_m3), 0) AS volume_m3,
               count(*) FILTER (WHERE volume_m3 IS NULL) AS volume_unknown,
               sum(distance_m) AS distance_m
        FROM (SELECT {key} AS id, {name} AS name, t.unmatched, t.volume_m3, t.distance_m
              FROM trips t JOIN devices d ON d.id = t.device_id
              JOIN organisations o ON o.id = t.organisation_id WHERE {where}) found
        GROUP BY id, name ORDER BY name NULLS LAST, id
    """  # noqa: S608 the fragments are ours
    return await _rows(conn, query, parameters)


async def counted_trips(
    conn: AsyncConnection[Any],
    organisations: Sequence[int],
    period: tuple[datetime, datetime],
    limit: int,
) -> list[CountedTrip]:
    """The trips that left in a period, by time, for a reconciliation."""
    cursor = await conn.execute(
        "SELECT id, device_id, site_fence_id, dump_fence_id, left_at, evidence->>'unloaded_by'"
        " FROM trips WHERE organisation_id = ANY(%s) AND left_at >= %s AND left_at < %s"
        " ORDER BY left_at, id LIMIT %s",
        (list(organisations), *period, limit),
    )
    return [
        CountedTrip(
            id=row[0],
            device_id=row[1],
            site_fence_id=row[2],
            dump_fence_id=row[3],
            left_us=from_datetime(row[4]),
            unloaded_by=row[5],
        )
        for row in await cursor.fetchall()
    ]


def _where(organisations: Sequence[int], filters: Row) -> tuple[str, Row]:
    given = {name: value for name, value in filters.items() if value is not None}
    conditions = [_FILTERS[name] for name in given if name in _FILTERS]
    where = " AND ".join(["t.organisation_id = ANY(%(organisations)s)", *conditions])
    return where, {**given, "organisations": list(organisations)}


async def _rows(conn: AsyncConnection[Any], query: str, parameters: Row) -> list[Row]:
    async with conn.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query.encode(), parameters)
        return await cursor.fetchall()
