"""The rulebook from the database, whole, with all versions; changes to it bump its revision."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from model.fences import Assignment, Fence, Shift, Waypoint, Window
from model.ladder import LadderStep
from model.photo import PhotoOrder
from model.rulebook import Device, Outage, Rule, Rulebook, Schedule, Scope
from storage.calendar import load_calendar
from storage.database import Connection
from storage.instants import DAY_US, from_datetime, to_datetime
from storage.permits import load_permits
from storage.rulebook_changes import (
    bump_revision,
    end_fence,
    end_rule,
    register_device,
    save_assignment,
    save_fence,
    save_organisation,
    save_outage,
    save_rule,
    save_shift,
)
from storage.sightings import sightings_since
from storage.waybills import load_waybills

__all__ = [
    "bump_revision",
    "current_revision",
    "end_fence",
    "end_rule",
    "load_devices",
    "load_parents",
    "load_rulebook",
    "register_device",
    "save_assignment",
    "save_fence",
    "save_organisation",
    "save_outage",
    "save_rule",
    "save_shift",
]

SIGHTING_DAYS = 8  # as far back as anything is judged anew, and a day
SHIFT_DAYS = 60  # older shifts no replay needs

_FENCES = """
SELECT id, version, organisation_id, responsible_organisation_id, name, code, shape, geometry,
       radius_m, half_width_m, tags, valid_from, valid_to, waypoints
FROM fences
"""
_FENCE_ENDS = "SELECT id, version, valid_to FROM fences ORDER BY id, version"
_RULES = """
SELECT id, version, organisation_id, kind, name_zh, name_en, severity, parameters, scope, schedule,
       fence_ids, fence_tags, valid_from, valid_to, mode, ladder, photo
FROM rules ORDER BY id, version
"""
_ASSIGNMENTS = """
SELECT device_id, fence_id, purpose, windows, valid_from, valid_to FROM assignments ORDER BY id
"""
_SHIFTS = """
SELECT device_id, starts_at, ends_at FROM duty_shifts WHERE ends_at >= %s ORDER BY starts_at, id
"""
_DEVICES = """
SELECT id, organisation_id, identity, protocol, kind, name, plate, tags FROM devices ORDER BY id
"""


async def current_revision(conn: Connection) -> int:
    """Changes with every change to what is judged or by what."""
    rows = await _rows(conn, "SELECT revision FROM rulebook_revision")
    return int(rows[0][0])


async def load_rulebook(
    conn: Connection, now_us: int | None = None, known: Sequence[Fence] = ()
) -> Rulebook:
    """Everything, of one revision; shifts since 60 days before `now_us` (None: the server's).

    `known`: fences read before. They are not read again: of a version only its end ever changes.
    """
    if now_us is None:
        now_us = from_datetime((await _rows(conn, "SELECT now()"))[0][0])
    while True:
        rulebook = await _load(conn, now_us, known)
        # Whoever changed something meanwhile has bumped the revision in the same transaction.
        if await current_revision(conn) == rulebook.revision:
            return rulebook


async def _load(conn: Connection, now_us: int, known: Sequence[Fence]) -> Rulebook:
    revision = await current_revision(conn)
    since = to_datetime(now_us - SHIFT_DAYS * DAY_US)
    outages = await _rows(conn, "SELECT from_time, to_time FROM outages ORDER BY from_time")
    return Rulebook(
        revision=revision,
        organisation_parents=await load_parents(conn),
        devices=tuple(await load_devices(conn)),
        rules=tuple(_rule(row) for row in await _rows(conn, _RULES)),
        fences=await _fences(conn, known),
        assignments=tuple(_assignment(row) for row in await _rows(conn, _ASSIGNMENTS)),
        shifts=tuple(_shift(row) for row in await _rows(conn, _SHIFTS, (since,))),
        outages=tuple(Outage(*map(from_datetime, row)) for row in outages),
        calendar=await load_calendar(conn),
        permits=await load_permits(conn),
        waybills=await load_waybills(conn, now_us),
        sightings=tuple(await sightings_since(conn, now_us - SIGHTING_DAYS * DAY_US)),
    )


async def _fences(conn: Connection, known: Sequence[Fence]) -> tuple[Fence, ...]:
    held = {(fence.id, fence.version): fence for fence in known}
    ends = {(row[0], row[1]): from_datetime(row[2]) for row in await _rows(conn, _FENCE_ENDS)}
    strange = ends.keys() - held.keys()
    where, parameters = "", list[object]()
    if held:
        where = "WHERE (id, version) IN (SELECT * FROM unnest(%s::int[], %s::int[]))"
        parameters = [[key[0] for key in strange], [key[1] for key in strange]]
    if strange:
        for fence in map(fence_of, await _rows(conn, _FENCES + where, parameters)):
            held[fence.id, fence.version] = fence
    return tuple(
        held[key] if held[key].valid_to_us == end_us else replace(held[key], valid_to_us=end_us)
        for key, end_us in ends.items()
    )


async def load_parents(conn: Connection) -> dict[int, int | None]:
    """Each organisation's parent."""
    return dict(await _rows(conn, "SELECT id, parent_id FROM organisations ORDER BY id"))


async def load_devices(conn: Connection) -> list[Device]:
    """All registered units, by id."""
    return [
        Device(
            id=row[0],
            organisation_id=row[1],
            identity=row[2],
            protocol=row[3],
            kind=row[4],
            name=row[5],
            plate=row[6],
            tags=tuple(row[7]),
        )
        for row in await _rows(conn, _DEVICES)
    ]


async def _rows(
    conn: Connection, query: str, parameters: Sequence[object] = ()
) -> list[tuple[Any, ...]]:
    cursor = await conn.execute(query.encode(), parameters or None)
    return await cursor.fetchall()


def fence_of(row: tuple[Any, ...]) -> Fence:
    """A fence from its columns, in the order of `_FENCES`."""
    return Fence(
        id=row[0],
        version=row[1],
        organisation_id=row[2],
        responsible_organisation_id=row[3],
        name=row[4],
        code=row[5],
        shape=row[6],
        geometry=row[7],
        radius_m=row[8],
        half_width_m=row[9],
        tags=tuple(row[10]),
        valid_from_us=from_datetime(row[11]),
        valid_to_us=from_datetime(row[12]),
        waypoints=msgspec.convert(row[13], tuple[Waypoint, ...]),
    )


def _rule(row: tuple[Any, ...]) -> Rule:
    return Rule(
        id=row[0],
        version=row[1],
        organisation_id=row[2],
        kind=row[3],
        name_zh=row[4],
        name_en=row[5],
        severity=row[6],
        parameters=msgspec.convert(row[7], dict[str, float]),
        scope=msgspec.convert(row[8], Scope),
        schedule=None if row[9] is None else msgspec.convert(row[9], Schedule),
        fence_ids=tuple(row[10]),
        fence_tags=tuple(row[11]),
        valid_from_us=from_datetime(row[12]),
        valid_to_us=from_datetime(row[13]),
        mode=row[14],
        ladder=None if row[15] is None else msgspec.convert(row[15], tuple[LadderStep, ...]),
        photo=None if row[16] is None else msgspec.convert(row[16], PhotoOrder),
    )


def _assignment(row: tuple[Any, ...]) -> Assignment:
    windows = None if row[3] is None else msgspec.convert(row[3], tuple[Window, ...])
    return Assignment(
        device_id=row[0],
        fence_id=row[1],
        purpose=row[2],
        windows=windows,
        valid_from_us=from_datetime(row[4]),
        valid_to_us=from_datetime(row[5]),
    )


def _shift(row: tuple[Any, ...]) -> Shift:
    return Shift(device_id=row[0], starts_us=from_datetime(row[1]), ends_us=from_datetime(row[2]))
