"""Numbered plain SQL under an advisory lock: all that is pending, in one transaction.

`NNNN_name.sql` runs in every mode, `NNNN_name.plain.sql` or `NNNN_name.timescale.sql` in its own.
What was applied is never edited: a checksum says so.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Literal

import psycopg

from storage.database import SCHEMA_LOCK, Connection, Database, Mode
from storage.problems import DatabaseProblem

State = Literal["applied", "pending"]

_TABLE = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    name       text PRIMARY KEY,
    checksum   text NOT NULL,
    mode       text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)
"""


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered file of a mode."""

    name: str
    text: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the text, hexadecimal."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def migrations(mode: Mode) -> list[Migration]:
    """The migrations of a mode, in order."""
    found = []
    for entry in files("storage").joinpath("migrations").iterdir():
        name, *variant = entry.name.removesuffix(".sql").split(".")
        if entry.name.endswith(".sql") and variant in ([], [mode]):
            found.append(Migration(name, entry.read_text("utf-8")))
    return sorted(found, key=lambda migration: migration.name)


async def migrate(database: Database) -> list[str]:
    """Apply what is pending; returns the names applied. Safe beside other starters."""
    conn = await database.connect()
    try:
        async with conn.transaction():
            # A second starter waits here and then finds nothing to do.
            await conn.execute("SELECT pg_advisory_xact_lock(%s)", (SCHEMA_LOCK,))
            await conn.execute("SET LOCAL client_min_messages = warning")
            await conn.execute(_TABLE)
            return await _apply(conn, database.mode)
    except psycopg.errors.InsufficientPrivilege as error:
        raise DatabaseProblem("no_rights", str(error)) from error
    except psycopg.Error as error:
        raise DatabaseProblem("statement_refused", str(error)) from error
    finally:
        await conn.close()


async def _apply(conn: Connection, mode: Mode) -> list[str]:
    applied = []
    for migration, state in await _compare(conn, mode):
        if state == "pending":
            # Plain text without parameters: several statements in one go.
            await conn.execute(_trusted(migration.text))
            await conn.execute(
                "INSERT INTO schema_migrations (name, checksum, mode) VALUES (%s, %s, %s)",
                (migration.name, migration.checksum, mode),
            )
            applied.append(migration.name)
    return applied


def _trusted(text: str) -> Any:
    """SQL from our own files, which psycopg's types take only as a literal."""
    return text.encode()


async def status(database: Database) -> list[tuple[str, State]]:
    """Every migration of the database's mode and whether it is applied; changes nothing."""
    conn = await database.connect()
    try:
        return await compare(conn, database.mode)
    finally:
        await conn.close()


async def compare(conn: Connection, mode: Mode | None) -> list[tuple[str, State]]:
    """As `status`, on a connection; mode None: of a database that has no schema yet."""
    return [(migration.name, state) for migration, state in await _compare(conn, mode or "plain")]


async def _compare(conn: Connection, mode: Mode) -> list[tuple[Migration, State]]:
    applied = await _applied(conn)
    known = migrations(mode)
    strange = sorted(set(applied) - {migration.name for migration in known})
    if strange:
        raise DatabaseProblem("newer_schema", ", ".join(strange))
    for migration in known:
        if applied.get(migration.name, migration.checksum) != migration.checksum:
            raise DatabaseProblem("migration_changed", migration.name)
    return [(m, "applied" if m.name in applied else "pending") for m in known]


async def _applied(conn: Connection) -> dict[str, str]:
    cursor = await conn.execute("SELECT to_regclass('schema_migrations') IS NOT NULL")
    row = await cursor.fetchone()
    if row is None or not row[0]:
        return {}
    cursor = await conn.execute("SELECT name, checksum FROM schema_migrations")
    return dict(await cursor.fetchall())
