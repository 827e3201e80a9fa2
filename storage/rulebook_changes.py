"""Changes to what is judged and by what. Each runs in a transaction and bumps the revision first,
whose row lock makes changes follow one another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec
from psycopg.types.json import Jsonb

from model.fences import Assignment, Fence, Shift
from model.plates import normal_plate
from model.rulebook import Device, Rule
from storage import rejudge
from storage.database import Connection
from storage.instants import to_datetime

Version = TypeVar("Version", Fence, Rule)
_BUMP = "UPDATE rulebook_revision SET revision = revision + 1 RETURNING revision"
_NEXT_VERSION = {
    "fences": "SELECT coalesce(max(version), 0) + 1 FROM fences WHERE id = %s",
    "rules": "SELECT coalesce(max(version), 0) + 1 FROM rules WHERE id = %s",
}
_NEXT_ID = {"fences": "SELECT nextval('fence_ids')", "rules": "SELECT nextval('rule_ids')"}
# A version that begins later than its successor was never in force: its period becomes empty.
_END = {
    "fences": "UPDATE fences SET valid_to = greatest(valid_from, %(at)s)"
    " WHERE id = %(id)s AND valid_to > %(at)s",
    "rules": "UPDATE rules SET valid_to = greatest(valid_from, %(at)s)"
    " WHERE id = %(id)s AND valid_to > %(at)s",
}
END_FENCE = _END["fences"]
INSERT_FENCE = """
INSERT INTO fences (id, version, organisation_id, responsible_organisation_id, name, code, shape,
    geometry, radius_m, half_width_m, waypoints, tags, valid_from, valid_to)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_INSERT_RULE = """
INSERT INTO rules (id, version, organisation_id, kind, name_zh, name_en, severity, parameters,
    scope, schedule, fence_ids, fence_tags, valid_from, valid_to, mode, ladder, photo)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_INSERT_ASSIGNMENT = """
INSERT INTO assignments
    (organisation_id, device_id, fence_id, purpose, windows, valid_from, valid_to)
SELECT organisation_id, id, %s, %s, %s, %s, %s FROM devices WHERE id = %s RETURNING id
"""
_END_ASSIGNMENTS = """
UPDATE assignments SET valid_to = greatest(valid_from, %(at)s)
WHERE fence_id = %(id)s AND valid_to > %(at)s
"""
_INSERT_SHIFT = """
INSERT INTO shifts (organisation_id, device_id, starts_at, ends_at)
SELECT organisation_id, id, %s, %s FROM devices WHERE id = %s RETURNING id
"""
_INSERT_DEVICE = """
INSERT INTO devices
    (organisation_id, identity, protocol, kind, name, plate, tags, auto_registered, details)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (protocol, identity) DO NOTHING
"""
_DEVICE = """
SELECT id, organisation_id, identity, protocol, kind, name, plate, tags FROM devices
WHERE protocol = %s AND identity = %s
"""
_OUTAGE = """
INSERT INTO outages (from_time, to_time) VALUES (%s, %s)
ON CONFLICT (from_time) DO UPDATE SET to_time = greatest(outages.to_time, EXCLUDED.to_time)
"""


async def _value(conn: Connection, query: str, parameters: Sequence[object] = ()) -> Any:
    row = await (await conn.execute(query.encode(), parameters or None)).fetchone()
    return None if row is None else row[0]


async def bump_revision(conn: Connection) -> int:
    """Tell workers to reload; in the transaction of the change. Returns the new revision."""
    return int(await _value(conn, _BUMP))


async def save_organisation(
    conn: Connection, name: str, name_en: str = "", parent_id: int | None = None
) -> int:
    """A new organisation; returns its id."""
    async with conn.transaction():
        await bump_revision(conn)
        query = "INSERT INTO organisations (parent_id, name, name_en) VALUES (%s, %s, %s)"
        return int(await _value(conn, f"{query} RETURNING id", (parent_id, name, name_en)))


async def save_fence(conn: Connection, fence: Fence) -> Fence:
    """Store a fence as its next version and end the previous one where this begins.

    Id 0: a new fence. Returns it with the id and version that it got.
    """
    async with conn.transaction():
        fence = await _next(conn, "fences", fence)
        await conn.execute(INSERT_FENCE, fence_values(fence))
    return fence


def fence_values(fence: Fence) -> tuple[object, ...]:
    """The parameters of `INSERT_FENCE`."""
    return (
        *(fence.id, fence.version, fence.organisation_id),
        *(fence.responsible_organisation_id, fence.name, fence.code, fence.shape),
        *(Jsonb(fence.geometry), fence.radius_m, fence.half_width_m),
        *(_json(fence.waypoints), list(fence.tags)),
        *(to_datetime(fence.valid_from_us), to_datetime(fence.valid_to_us)),
    )


async def save_rule(conn: Connection, rule: Rule) -> Rule:
    """As `save_fence`, for a rule."""
    async with conn.transaction():
        rule = await _next(conn, "rules", rule)
        schedule = None if rule.schedule is None else _json(rule.schedule)
        ladder = None if rule.ladder is None else _json(rule.ladder)
        photo = None if rule.photo is None else _json(rule.photo)
        await conn.execute(
            _INSERT_RULE,
            (
                *(rule.id, rule.version, rule.organisation_id, rule.kind),
                *(rule.name_zh, rule.name_en, rule.severity, _json(rule.parameters)),
                *(_json(rule.scope), schedule, list(rule.fence_ids), list(rule.fence_tags)),
                *(to_datetime(rule.valid_from_us), to_datetime(rule.valid_to_us)),
                *(rule.mode, ladder, photo),
            ),
        )
    return rule


async def _next(conn: Connection, table: str, version: Version) -> Version:
    await bump_revision(conn)
    known_id = version.id or await _value(conn, _NEXT_ID[table])
    number = await _value(conn, _NEXT_VERSION[table], (known_id,))
    await conn.execute(
        _END[table].encode(), {"id": known_id, "at": to_datetime(version.valid_from_us)}
    )
    return msgspec.structs.replace(version, id=known_id, version=number)


async def end_fence(conn: Connection, fence_id: int, at_us: int) -> bool:
    """No longer in force from this event time on, nor assigned; False when it was not in force."""
    async with conn.transaction():
        ended = await _end(conn, "fences", fence_id, at_us)
        await conn.execute(_END_ASSIGNMENTS, {"id": fence_id, "at": to_datetime(at_us)})
    return ended


async def end_rule(conn: Connection, rule_id: int, at_us: int) -> bool:
    """As `end_fence`, for a rule."""
    return await _end(conn, "rules", rule_id, at_us)


async def _end(conn: Connection, table: str, known_id: int, at_us: int) -> bool:
    async with conn.transaction():
        await bump_revision(conn)
        parameters = {"id": known_id, "at": to_datetime(at_us)}
        return (await conn.execute(_END[table].encode(), parameters)).rowcount > 0


async def save_assignment(conn: Connection, assignment: Assignment) -> int:
    """A device's fence for a purpose; returns the row's id. Raises LookupError: no such device."""
    windows = None if assignment.windows is None else _json(assignment.windows)
    values = (
        *(assignment.fence_id, assignment.purpose, windows),
        *(to_datetime(assignment.valid_from_us), to_datetime(assignment.valid_to_us)),
    )
    since_us = assignment.valid_from_us
    return await _of_device(conn, _INSERT_ASSIGNMENT, values, assignment.device_id, since_us)


async def save_shift(conn: Connection, shift: Shift) -> int:
    """A duty; returns the row's id. Raises LookupError: no such device."""
    values = (to_datetime(shift.starts_us), to_datetime(shift.ends_us))
    return await _of_device(conn, _INSERT_SHIFT, values, shift.device_id, shift.starts_us)


async def _of_device(
    conn: Connection, query: str, values: tuple[object, ...], device_id: int, since_us: int
) -> int:
    """Insert; what the device did since then is judged anew."""
    async with conn.transaction():
        await bump_revision(conn)
        row_id = await _value(conn, query, (*values, device_id))
        if row_id is None:
            raise LookupError(f"no device {device_id}")
        await rejudge.ask(conn, [device_id], since_us)
    return int(row_id)


async def save_outage(conn: Connection, from_us: int, to_us: int) -> None:
    """A time in which the server heard nobody; one that begins the same is prolonged."""
    async with conn.transaction():
        await bump_revision(conn)
        await conn.execute(_OUTAGE, (to_datetime(from_us), to_datetime(to_us)))


async def register_device(
    conn: Connection,
    device: Device,
    *,
    auto_registered: bool = False,
    details: dict[str, Any] | None = None,
) -> Device:
    """Register a unit (its id is given by the database); a known one is returned unchanged.

    Known means the same protocol and identity. It leaves the list of unregistered terminals.
    """
    key = (device.protocol, device.identity)
    plate = normal_plate(device.plate) if device.plate else None
    async with conn.transaction():
        await bump_revision(conn)
        await conn.execute(
            _INSERT_DEVICE,
            (
                *(device.organisation_id, device.identity, device.protocol, device.kind),
                *(device.name, plate, list(device.tags)),
                *(auto_registered, Jsonb(details or {})),
            ),
        )
        await conn.execute("DELETE FROM unregistered WHERE protocol = %s AND identity = %s", key)
        row = await (await conn.execute(_DEVICE, key)).fetchone()
    assert row is not None
    return msgspec.convert(dict(zip(Device.__struct_fields__, row, strict=True)), Device)


def _json(value: object) -> Jsonb:
    return Jsonb(msgspec.to_builtins(value))
