"""Users and their passwords (argon2id)."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from psycopg import AsyncConnection
from psycopg.rows import dict_row
from pwdlib import PasswordHash

Role = Literal["chief", "dispatcher", "officer", "company", "inspector"]
_HASHER = PasswordHash.recommended()

# Verified for unknown names, so that the answer takes as long as for known ones.
_NOBODY_HASH = _HASHER.hash("no user has this password")

_SELECT = """
SELECT u.id, u.username, u.display_name, u.role, u.locale, u.organisation_id, u.disabled,
       o.name AS organisation_name, o.name_en AS organisation_name_en,
       o.parent_id IS NULL AS is_root, u.device_id, u.password_hash
FROM users u JOIN organisations o ON o.id = u.organisation_id
"""


class User(msgspec.Struct, frozen=True, kw_only=True):
    """A person who may log in. `is_root`: of an organisation that stands below no other;
    `device_id`: the handset of an inspector whose account this is."""

    id: int
    username: str
    display_name: str
    role: Role
    locale: str
    organisation_id: int
    organisation_name: str
    organisation_name_en: str
    is_root: bool
    device_id: int | None = None
    disabled: bool
    password_hash: str = ""


def hash_password(password: str) -> str:
    """The argon2id hash to store; takes tens of milliseconds."""
    return _HASHER.hash(password)


def password_is_right(password: str, user: User | None) -> bool:
    """Whether the password is the user's; as slow for no user and never true then."""
    if user is None or user.disabled:
        _HASHER.verify(password, _NOBODY_HASH)
        return False
    return _HASHER.verify(password, user.password_hash)


async def find_user(conn: AsyncConnection[Any], username: str) -> User | None:
    """By the name to log in with."""
    return await _one(conn, _SELECT + "WHERE u.username = %s", username)


async def user_by_id(conn: AsyncConnection[Any], user_id: int) -> User | None:
    """By id; disabled ones too."""
    return await _one(conn, _SELECT + "WHERE u.id = %s", user_id)


async def _one(conn: AsyncConnection[Any], query: str, value: str | int) -> User | None:
    async with conn.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query, (value,))
        row = await cursor.fetchone()
    return None if row is None else msgspec.convert(row, User)


async def create_user(
    conn: AsyncConnection[Any],
    *,
    organisation_id: int,
    username: str,
    display_name: str,
    role: Role,
    password: str,
    locale: str = "zh",
    device_id: int | None = None,
) -> int:
    """Create a user, or bring an existing one of that name up to date; returns the id."""
    cursor = await conn.execute(
        "INSERT INTO users (organisation_id, username, display_name, role, password_hash, locale,"
        " device_id) VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT (username) DO UPDATE SET"
        " organisation_id = EXCLUDED.organisation_id, display_name = EXCLUDED.display_name,"
        " role = EXCLUDED.role, password_hash = EXCLUDED.password_hash,"
        " locale = EXCLUDED.locale, device_id = EXCLUDED.device_id RETURNING id",
        (organisation_id, username, display_name, role, hash_password(password), locale, device_id),
    )
    row = await cursor.fetchone()
    assert row is not None
    return int(row[0])
