"""Permits by versions; a change bumps the rulebook's revision."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from psycopg.types.json import Jsonb

from model.fences import Window
from model.permits import Permit
from storage import rejudge
from storage.database import Connection
from storage.instants import from_datetime, to_datetime
from storage.rulebook_changes import bump_revision

MAX_LISTED = 500

_COLUMNS = """
p.id, p.version, p.organisation_id, p.number, p.device_id, p.site_fence_id, p.dump_fence_ids,
p.route_fence_id, p.schedule, p.volume_m3, p.issued_by, p.valid_from, p.valid_to
"""
_SELECT = f"SELECT {_COLUMNS} FROM permits p"  # noqa: S608 the columns are ours
# A version that begins later than its successor was never in force: its period becomes empty.
_END = """
UPDATE permits SET valid_to = greatest(valid_from, %(at)s) WHERE id = %(id)s AND valid_to > %(at)s
RETURNING device_id
"""
_INSERT = """
INSERT INTO permits (id, version, organisation_id, number, device_id, site_fence_id,
    dump_fence_ids, route_fence_id, schedule, volume_m3, issued_by, valid_from, valid_to)
VALUES (coalesce(nullif(%(id)s, 0), nextval('permit_ids')),
    (SELECT coalesce(max(version), 0) + 1 FROM permits WHERE id = %(id)s),
    %(organisation_id)s, %(number)s, %(device_id)s, %(site_fence_id)s, %(dump_fence_ids)s,
    %(route_fence_id)s, %(schedule)s, %(volume_m3)s, %(issued_by)s, %(valid_from)s, %(valid_to)s)
RETURNING id, version
"""
# Filter name: its condition.
_FILTERS = {
    "id": "p.id = %(id)s",
    "device_id": "p.device_id = %(device_id)s",
    "number": "p.number = %(number)s",
    "at": "p.valid_from <= %(at)s AND p.valid_to > %(at)s",
    "after_id": "p.id > %(after_id)s",
}


def permit_of(row: Sequence[Any]) -> Permit:
    """From the columns of `_COLUMNS`."""
    schedule = row[8]
    return Permit(
        id=row[0],
        version=row[1],
        organisation_id=row[2],
        number=row[3],
        device_id=row[4],
        site_fence_id=row[5],
        dump_fence_ids=tuple(row[6]),
        route_fence_id=row[7],
        windows=schedule and msgspec.convert(schedule["windows"], tuple[Window, ...]),
        zone=schedule["zone"] if schedule else "Asia/Shanghai",
        volume_m3=row[9],
        issued_by=row[10],
        valid_from_us=from_datetime(row[11]),
        valid_to_us=from_datetime(row[12]),
    )


async def load_permits(conn: Connection) -> tuple[Permit, ...]:
    """Every version that was ever in force."""
    cursor = await conn.execute(f"{_SELECT} WHERE p.valid_to > p.valid_from ORDER BY 1, 2".encode())
    return tuple(map(permit_of, await cursor.fetchall()))


async def list_permits(
    conn: Connection, organisations: Sequence[int], filters: dict[str, Any], limit: int
) -> list[Permit]:
    """Visible permits by id, newest version first; `filters` by the names of _FILTERS (None: no
    filter)."""
    given = {name: value for name, value in filters.items() if value is not None}
    where = ["p.organisation_id = ANY(%(organisations)s)", "p.valid_to > p.valid_from"]
    where += [_FILTERS[name] for name in given]
    query = f"{_SELECT} WHERE {' AND '.join(where)} ORDER BY p.id, p.version DESC LIMIT %(limit)s"
    parameters = {
        **given, "organisations": list(organisations), "limit": min(limit, MAX_LISTED),
    }  # fmt: skip
    cursor = await conn.execute(query.encode(), parameters)
    return [permit_of(row) for row in await cursor.fetchall()]


async def permits_of(conn: Connection, device_id: int, at_us: int) -> list[Permit]:
    """The permits of a truck in force at a time, for its evidence."""
    where = "p.device_id = %s AND p.valid_from <= %s AND p.valid_to > %s ORDER BY p.id"
    at = to_datetime(at_us)
    cursor = await conn.execute(f"{_SELECT} WHERE {where}".encode(), (device_id, at, at))
    return [permit_of(row) for row in await cursor.fetchall()]


async def known_numbers(conn: Connection, organisations: Sequence[int]) -> dict[str, int]:
    """Number -> id of the visible permits; the newest where a number occurs twice."""
    cursor = await conn.execute(
        "SELECT number, max(id) FROM permits WHERE organisation_id = ANY(%s) GROUP BY number",
        (list(organisations),),
    )
    return dict(await cursor.fetchall())


async def save_permits(conn: Connection, permits: Sequence[Permit]) -> list[Permit]:
    """Store each as the next version of its id (0: a new permit), in force from its `valid_from_us`
    on; what was in force then ends there. All or none; returned with ids and versions."""
    saved = []
    async with conn.transaction():
        await bump_revision(conn)
        for permit in permits:
            await _end(conn, permit.id, permit.valid_from_us)
            await rejudge.ask(conn, [permit.device_id], permit.valid_from_us)
            cursor = await conn.execute(_INSERT.encode(), _values(permit))
            row = await cursor.fetchone()
            assert row is not None
            saved.append(msgspec.structs.replace(permit, id=row[0], version=row[1]))
    return saved


async def end_permit(conn: Connection, permit_id: int, at_us: int) -> bool:
    """Revoked from this event time on; False when it was not in force after it."""
    async with conn.transaction():
        await bump_revision(conn)
        return await _end(conn, permit_id, at_us)


async def _end(conn: Connection, permit_id: int, at_us: int) -> bool:
    """What was in force then ends; its trucks are judged anew from there."""
    cursor = await conn.execute(_END.encode(), {"id": permit_id, "at": to_datetime(at_us)})
    trucks = {row[0] for row in await cursor.fetchall()}
    await rejudge.ask(conn, trucks, at_us)
    return bool(trucks)


def _values(permit: Permit) -> dict[str, Any]:
    schedule = None
    if permit.windows is not None:
        schedule = Jsonb({"zone": permit.zone, "windows": msgspec.to_builtins(permit.windows)})
    return {
        **{name: getattr(permit, name) for name in Permit.__struct_fields__},
        "dump_fence_ids": list(permit.dump_fence_ids),
        "schedule": schedule,
        "valid_from": to_datetime(permit.valid_from_us),
        "valid_to": to_datetime(permit.valid_to_us),
    }
