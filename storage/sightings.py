"""Sightings: stored once, each with the unit that its plate belongs to.

A plate that the register does not know becomes a unit of protocol `plate`, so that violations,
repeat counts and history of a "black truck" are those of any unit; when the truck is registered
later the unit is taken over by plate (`take_over_plate`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from psycopg.rows import dict_row

from model.sightings import Sighting
from model.vehicles import UnitKind
from storage import rejudge
from storage.cameras import Source
from storage.database import Connection
from storage.instants import to_datetime

Row = dict[str, Any]
PLATE_PROTOCOL = "plate"
MAX_PLATE_UNITS = 20_000  # plates of no register; more of them are refused until some are looked at
MAX_LISTED = 500
MAX_JUDGED = 200_000  # sightings that the rules look back on
REJUDGED_BEFORE_US = 3_600_000_000  # rules look so far back from a sighting (rules.seen)
MAX_PHOTOS = 50  # of one violation's evidence
# One plate must not become two units because two cameras saw it at the same moment.
_PLATE_LOCK = 0x706C_6174

_UNIT = """
SELECT id, plate_known_from <= %(seen_at)s AS registered FROM devices WHERE plate = %(plate)s
ORDER BY protocol = 'plate', id LIMIT 1
"""
_NEW_UNIT = """
INSERT INTO devices
    (organisation_id, identity, protocol, kind, name, plate, auto_registered, plate_known_from)
SELECT %(organisation_id)s, %(plate)s, 'plate', %(kind)s, %(plate)s, %(plate)s, true, '2100-01-01'
WHERE (SELECT count(*) FROM devices WHERE protocol = 'plate') < %(most)s
RETURNING id
"""
_INSERT = """
INSERT INTO sightings (organisation_id, camera_id, user_id, key, plate, device_id, registered,
    seen_at, received_at, longitude_e6, latitude_e6, accuracy_m, confidence, note, photo)
VALUES (%(organisation_id)s, %(camera_id)s, %(user_id)s, %(key)s, %(plate)s, %(device_id)s,
    %(registered)s, %(seen_at)s, %(received_at)s, %(longitude_e6)s, %(latitude_e6)s,
    %(accuracy_m)s, %(confidence)s, %(note)s, %(photo)s)
ON CONFLICT (camera_id, user_id, key) DO NOTHING RETURNING id
"""
_BUMP = "UPDATE rulebook_revision SET revision = revision + 1"
_KNOWN = """
SELECT id, device_id, registered FROM sightings
WHERE camera_id IS NOT DISTINCT FROM %(camera_id)s AND user_id IS NOT DISTINCT FROM %(user_id)s
  AND key = %(key)s
"""
_FORGET_PLATES = """
DELETE FROM devices d WHERE d.protocol = 'plate'
AND NOT EXISTS (SELECT 1 FROM sightings s WHERE s.device_id = d.id)
AND NOT EXISTS (SELECT 1 FROM violations v WHERE v.device_id = d.id)
"""
_SELECT = """
SELECT s.*, o.name AS organisation, c.name AS camera_name, c.kind AS camera_kind,
       u.display_name AS user_name, d.name AS device_name, d.kind AS device_kind,
       m.content_type AS photo_type, m.bytes AS photo_bytes
FROM sightings s
JOIN organisations o ON o.id = s.organisation_id
JOIN devices d ON d.id = s.device_id
LEFT JOIN cameras c ON c.id = s.camera_id
LEFT JOIN users u ON u.id = s.user_id
LEFT JOIN media m ON m.sha256 = s.photo
WHERE (s.organisation_id = ANY(%(organisations)s) OR d.organisation_id = ANY(%(organisations)s))
"""
_FILTERS = {
    "plate": "s.plate = %(plate)s",
    "device_id": "s.device_id = %(device_id)s",
    "camera_id": "s.camera_id = %(camera_id)s",
    "registered": "s.registered = %(registered)s",
    "from": "s.seen_at >= %(from)s",
    "to": "s.seen_at <= %(to)s",
    "before_id": "s.id < %(before_id)s",
}


class TooManyPlatesError(Exception):
    """MAX_PLATE_UNITS plates of no register are known already."""


class NewSighting(msgspec.Struct, frozen=True, kw_only=True):
    """What a source reports, checked: normal plate, place and time."""

    key: str
    plate: str
    seen_us: int
    longitude_e6: int
    latitude_e6: int
    accuracy_m: int
    confidence: float | None = None
    note: str = ""
    photo: str | None = None


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """Where a report went; `duplicate`: it had been stored before."""

    id: int
    device_id: int
    registered: bool
    duplicate: bool


async def _row(conn: Connection, query: str, parameters: Row) -> Row | None:
    rows = await _rows(conn, query, parameters)
    return rows[0] if rows else None


async def _rows(conn: Connection, query: str, parameters: Row) -> list[Row]:
    async with conn.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query.encode(), parameters)
        return await cursor.fetchall()


async def save_sighting(conn: Connection, source: Source, new: NewSighting, now_us: int) -> Stored:
    """Store it, unless the source has reported it before. Raises TooManyPlatesError."""
    values: Row = {
        **msgspec.structs.asdict(new),
        "organisation_id": source.organisation_id,
        "camera_id": source.camera_id,
        "user_id": source.user_id,
        "seen_at": to_datetime(new.seen_us),
        "received_at": to_datetime(now_us),
    }
    async with conn.transaction():
        known = await _row(conn, _KNOWN, values)
        if known is not None:
            return Stored(**known, duplicate=True)
        values["device_id"], values["registered"] = await _unit(conn, values)
        row = await _row(conn, _INSERT, values)
        if row is None:  # the source has sent it twice at once
            known = await _row(conn, _KNOWN, values)
            assert known is not None
            return Stored(**known, duplicate=True)
        await conn.execute(_BUMP)
        since_us = new.seen_us - REJUDGED_BEFORE_US
        await rejudge.ask(conn, [values["device_id"]], since_us)
    return Stored(
        id=row["id"],
        device_id=values["device_id"],
        registered=values["registered"],
        duplicate=False,
    )


async def _unit(conn: Connection, values: Row) -> tuple[int, bool]:
    """The plate's unit, made if need be, and whether it was in the register when it was seen."""
    row = await _row(conn, _UNIT, values)
    if row is None:
        await conn.execute("SELECT pg_advisory_xact_lock(%s)", (_PLATE_LOCK,))
        row = await _row(conn, _UNIT, values)
    if row is not None:
        return row["id"], row["registered"]
    made = {**values, "kind": UnitKind.MUCK_TRUCK, "most": MAX_PLATE_UNITS}
    row = await _row(conn, _NEW_UNIT, made)
    if row is None:
        raise TooManyPlatesError
    return row["id"], False


async def take_over_plate(conn: Connection, device_id: int, plate: str, now_us: int) -> None:
    """A unit of the register has this plate from now on: what was known of the plate is its."""
    row = await _row(
        conn,
        "SELECT id FROM devices WHERE protocol = 'plate' AND plate = %(plate)s AND id <> %(id)s",
        {"plate": plate, "id": device_id},
    )
    if row is None:
        return
    moved = (device_id, row["id"])
    for table in ("sightings", "violations"):
        query = f"UPDATE {table} SET device_id = %s WHERE device_id = %s"  # noqa: S608 ours
        await conn.execute(query.encode(), moved)
    await conn.execute("DELETE FROM devices WHERE id = %s", (row["id"],))
    await conn.execute(_BUMP)
    await conn.execute(
        "UPDATE devices SET plate_known_from = %s WHERE id = %s", (to_datetime(now_us), device_id)
    )


async def list_sightings(
    conn: Connection, organisations: Sequence[int], filters: Row, limit: int
) -> list[Row]:
    """Visible sightings, newest first: of these organisations' sources, or of their units."""
    given = {name: value for name, value in filters.items() if value is not None}
    conditions = "".join(f" AND {_FILTERS[name]}" for name in given)
    query = f"{_SELECT}{conditions} ORDER BY s.id DESC LIMIT %(limit)s"
    parameters = {**given, "organisations": list(organisations), "limit": min(limit, MAX_LISTED)}
    return await _rows(conn, query, parameters)


async def find_sighting(
    conn: Connection, organisations: Sequence[int], sighting_id: int
) -> Row | None:
    """One visible sighting."""
    parameters = {"organisations": list(organisations), "id": sighting_id}
    return await _row(conn, f"{_SELECT} AND s.id = %(id)s", parameters)


async def sightings_since(conn: Connection, from_us: int) -> list[Sighting]:
    """What the rules need to know, by time: the latest MAX_JUDGED."""
    query = """
        SELECT id, device_id, organisation_id, (extract(epoch FROM seen_at) * 1000000)::bigint
                   AS seen_us,
               longitude_e6, latitude_e6, accuracy_m, registered, confidence, photo
        FROM sightings WHERE seen_at >= %(from)s ORDER BY seen_at DESC, id DESC LIMIT %(most)s
    """
    parameters = {"from": to_datetime(from_us), "most": MAX_JUDGED}
    return [Sighting(**row) for row in reversed(await _rows(conn, query, parameters))]


async def drop_sightings(conn: Connection, before_us: int) -> int:
    """Delete what was seen before, and the plates of which nothing is left; how many sightings."""
    async with conn.transaction():
        before = to_datetime(before_us)
        cursor = await conn.execute("DELETE FROM sightings WHERE seen_at < %s", (before,))
        if cursor.rowcount:
            await conn.execute(_FORGET_PLATES)
            await conn.execute(_BUMP)
    return cursor.rowcount


async def photos_between(conn: Connection, device_id: int, from_us: int, to_us: int) -> list[Row]:
    """`{sha256, content_type, bytes, taken_at, sighting_id}` of a unit in [from, to], by time."""
    query = f"""
        SELECT m.sha256, m.content_type, m.bytes, s.seen_at AS taken_at, s.id AS sighting_id
        FROM sightings s JOIN media m ON m.sha256 = s.photo
        WHERE s.device_id = %(device)s AND s.seen_at >= %(from)s AND s.seen_at <= %(to)s
        ORDER BY s.seen_at, s.id LIMIT {MAX_PHOTOS}
    """  # noqa: S608 the number is ours
    parameters = {"device": device_id, "from": to_datetime(from_us), "to": to_datetime(to_us)}
    return await _rows(conn, query, parameters)
