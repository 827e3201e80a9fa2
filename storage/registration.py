"""Automatic registration and the list of strangers, as the gateway needs them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg_pool import AsyncConnectionPool

from model.rulebook import Device
from model.terminals import Introduction, Newcomer, Stranger
from storage.database import Connection
from storage.instants import to_datetime
from storage.json_text import jsonb
from storage.problems import AWAY, StorageAway

MAX_STRANGERS_KEPT = 10_000  # rows of table unregistered; those not heard of longest go first

_RESERVE = "SELECT nextval(pg_get_serial_sequence('devices', 'id')) FROM generate_series(1, %s)"
_REGISTER = """
INSERT INTO devices (id, organisation_id, identity, protocol, kind, name, auto_registered)
VALUES (%s, %s, %s, %s, %s, %s, true)
ON CONFLICT (protocol, identity) DO UPDATE SET identity = EXCLUDED.identity
RETURNING id, organisation_id
"""
_INTRODUCE = """
UPDATE devices SET details = jsonb_set(details, '{terminal}',
    coalesce(details->'terminal', '{}') || %s) WHERE id = %s
"""
_REMEMBER = """
INSERT INTO unregistered AS u
    (protocol, identity, peer, attempts, details, first_seen, last_seen)
VALUES (%s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (protocol, identity) DO UPDATE SET
    peer = EXCLUDED.peer, attempts = u.attempts + EXCLUDED.attempts,
    details = u.details || EXCLUDED.details, last_seen = EXCLUDED.last_seen
"""
_PROFILES = """
SELECT identity, profile, coalesce(details #>> '{terminal,maker_id}', ''),
    coalesce(details #>> '{terminal,model}', '')
FROM devices
WHERE protocol = 'jt808' AND (profile IS NOT NULL OR details #> '{terminal,maker_id}' IS NOT NULL)
"""
_FORGET_REGISTERED = """
DELETE FROM unregistered u USING devices d
WHERE d.protocol = u.protocol AND d.identity = u.identity
"""
_FORGET_OLDEST = """
DELETE FROM unregistered WHERE (protocol, identity) IN (
    SELECT protocol, identity FROM unregistered ORDER BY last_seen DESC OFFSET %s)
"""


@dataclass(frozen=True, slots=True)
class SpokenProfile:
    """A terminal's own profile, or its maker and model ("" where it did not say)."""

    identity: str
    profile: str | None
    maker: str
    model: str


class Registration:
    """Writes newcomers and strangers. Every method raises StorageAway without a database."""

    def __init__(
        self,
        pool: AsyncConnectionPool[Connection],
        kinds: dict[str, str] | None = None,
    ) -> None:
        self._pool = pool
        self._kinds = kinds or {"handset": "inspector"}  # by protocol; the rest is "other"

    async def reserve(self, count: int) -> list[int]:
        """Device ids that nobody else will get."""
        try:
            async with self._pool.connection() as conn:
                cursor = await conn.execute(_RESERVE, (count,))
                return [row[0] for row in await cursor.fetchall()]
        except AWAY as error:
            raise StorageAway(str(error)) from error

    async def write_newcomers(self, newcomers: Sequence[Newcomer]) -> dict[int, tuple[int, int]]:
        """Register them under their ids; returns those that somebody had registered already:
        id given -> (id, organisation id) in the register."""
        others: dict[int, tuple[int, int]] = {}
        try:
            async with self._pool.connection() as conn:
                for new in newcomers:
                    kind = self._kinds.get(new.protocol, "other")
                    values = (
                        new.device_id,
                        new.organisation_id,
                        new.identity,
                        new.protocol,
                        kind,
                        new.identity,
                    )
                    row = await (await conn.execute(_REGISTER, values)).fetchone()
                    assert row is not None
                    if row[0] != new.device_id:
                        others[new.device_id] = (row[0], row[1])
                await conn.execute("UPDATE rulebook_revision SET revision = revision + 1")
                await conn.execute(_FORGET_REGISTERED)
        except AWAY as error:
            raise StorageAway(str(error)) from error
        return others

    async def write_strangers(self, strangers: Sequence[Stranger]) -> None:
        """Add their attempts to table `unregistered`, which is capped."""
        rows = [
            (
                s.protocol,
                s.identity,
                s.peer,
                s.attempts,
                jsonb(s.details),
                to_datetime(s.first_us),
                to_datetime(s.last_us),
            )
            for s in strangers
        ]
        try:
            async with self._pool.connection() as conn, conn.cursor() as cursor:
                await cursor.executemany(_REMEMBER, rows)
                await cursor.execute(_FORGET_REGISTERED)
                await cursor.execute(_FORGET_OLDEST, (MAX_STRANGERS_KEPT,))
        except AWAY as error:
            raise StorageAway(str(error)) from error

    async def write_introduced(self, introductions: Sequence[Introduction]) -> None:
        """What registered terminals said of themselves, into their rows."""
        rows = [
            (
                jsonb({**one.details, "logged_in_at": to_datetime(one.at_us).isoformat()}),
                one.device_id,
            )
            for one in introductions
        ]
        try:
            async with self._pool.connection() as conn, conn.cursor() as cursor:
                await cursor.executemany(_INTRODUCE, rows)
        except AWAY as error:
            raise StorageAway(str(error)) from error

    async def load_devices(self) -> list[Device]:
        """The register."""
        try:
            async with self._pool.connection() as conn:
                cursor = await conn.execute(
                    "SELECT id, organisation_id, identity, protocol, kind, name, plate FROM devices"
                )
                rows = await cursor.fetchall()
        except AWAY as error:
            raise StorageAway(str(error)) from error
        names = ("id", "organisation_id", "identity", "protocol", "kind", "name", "plate")
        return [Device(**dict(zip(names, row, strict=True))) for row in rows]

    async def load_codes(self) -> dict[int, str]:
        """Hashes of the log-in codes that makers gave, by device."""
        try:
            async with self._pool.connection() as conn:
                cursor = await conn.execute(
                    "SELECT id, code_hash FROM devices WHERE code_hash IS NOT NULL"
                )
                return dict(await cursor.fetchall())
        except AWAY as error:
            raise StorageAway(str(error)) from error

    async def load_profiles(self) -> list[SpokenProfile]:
        """Units of JT/T 808 that have a profile, or have named their maker and model."""
        try:
            async with self._pool.connection() as conn:
                cursor = await conn.execute(_PROFILES.encode())
                return [SpokenProfile(*row) for row in await cursor.fetchall()]
        except AWAY as error:
            raise StorageAway(str(error)) from error

    async def load_tokens(self) -> dict[tuple[str, str], str]:
        """What is stored of the tokens that were issued, by protocol and identity."""
        try:
            async with self._pool.connection() as conn:
                cursor = await conn.execute(
                    "SELECT protocol, identity, token_hash FROM devices"
                    " WHERE token_hash IS NOT NULL"
                )
                return {(row[0], row[1]): row[2] for row in await cursor.fetchall()}
        except AWAY as error:
            raise StorageAway(str(error)) from error
