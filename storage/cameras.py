"""Who may report sightings: cameras at gates, and teams with a device of their own.

A token is 256 random bits: its plain SHA-256 is stored, a slow hash would protect nothing more.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from typing import Any

import msgspec
from psycopg.rows import dict_row

from storage.database import Connection
from storage.instants import to_datetime

Row = dict[str, Any]
TOKEN_PREFIX = "xjcam_"  # noqa: S105  what tells it from a person's token
MAX_CAMERAS = 10_000
_COLUMNS = "id, organisation_id, kind, name, longitude_e6, latitude_e6, enabled, created_at"
_CHANGED = ("name", "longitude_e6", "latitude_e6", "enabled", "token_sha256")


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """Who reports: a camera or team of the register, or a person who is logged in."""

    organisation_id: int
    camera_id: int | None = None
    user_id: int | None = None
    longitude_e6: int | None = None
    latitude_e6: int | None = None


def new_token() -> str:
    """A token to be shown once."""
    return TOKEN_PREFIX + secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


async def _rows(conn: Connection, query: str, parameters: Any) -> list[Row]:
    async with conn.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query.encode(), parameters)
        return await cursor.fetchall()


async def add_camera(conn: Connection, camera: Row, now_us: int) -> Row:
    """A new one; `camera`: organisation_id, kind, name, longitude_e6, latitude_e6, token_sha256.

    Raises ValueError above MAX_CAMERAS.
    """
    query = f"""
        INSERT INTO cameras (organisation_id, kind, name, longitude_e6, latitude_e6, token_sha256,
            created_at)
        SELECT %(organisation_id)s, %(kind)s, %(name)s, %(longitude_e6)s, %(latitude_e6)s,
            %(token_sha256)s, %(now)s
        WHERE (SELECT count(*) FROM cameras) < %(most)s RETURNING {_COLUMNS}
    """  # noqa: S608 the names are ours
    rows = await _rows(conn, query, {**camera, "now": to_datetime(now_us), "most": MAX_CAMERAS})
    if not rows:
        raise ValueError(f"at most {MAX_CAMERAS} cameras")
    return rows[0]


async def change_camera(
    conn: Connection, organisations: Sequence[int], camera_id: int, changes: Row
) -> Row | None:
    """Set the given columns; None: no such camera of these organisations."""
    columns = [name for name in _CHANGED if name in changes]
    assignments = ", ".join(f"{name} = %({name})s" for name in columns) or "id = id"
    query = f"""
        UPDATE cameras SET {assignments}
        WHERE id = %(id)s AND organisation_id = ANY(%(organisations)s) RETURNING {_COLUMNS}
    """  # noqa: S608 the names are ours
    rows = await _rows(
        conn, query, {**changes, "id": camera_id, "organisations": list(organisations)}
    )
    return rows[0] if rows else None


async def cameras(conn: Connection, organisations: Sequence[int]) -> list[Row]:
    """Those of these organisations, by id."""
    query = f"SELECT {_COLUMNS} FROM cameras WHERE organisation_id = ANY(%s) ORDER BY id"  # noqa: S608
    return await _rows(conn, query, (list(organisations),))


async def source_of_token(conn: Connection, token: str) -> Source | None:
    """The enabled camera or team with this token."""
    rows = await _rows(
        conn,
        "SELECT id, organisation_id, longitude_e6, latitude_e6 FROM cameras"
        " WHERE token_sha256 = %s AND enabled",
        (token_hash(token),),
    )
    if not rows:
        return None
    row = rows[0]
    return Source(
        organisation_id=row["organisation_id"],
        camera_id=row["id"],
        longitude_e6=row["longitude_e6"],
        latitude_e6=row["latitude_e6"],
    )
