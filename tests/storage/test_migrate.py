"""Migrations: once, in order, whoever starts at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage import migrate as module
from storage.database import Database, open_database
from storage.migrate import migrate, migrations, status
from storage.problems import DatabaseProblem
from tests.servers import DatabaseServer


@pytest.fixture
async def empty(server: DatabaseServer) -> AsyncIterator[Database]:
    """A database without our schema."""
    url = server.create("template0")
    database = await open_database(url, Path())
    yield database
    await database.close()
    server.drop(url)


async def test_status_before_and_after(empty: Database) -> None:
    names = [migration.name for migration in migrations(empty.mode)]
    assert names == sorted(names)
    assert await status(empty) == [(name, "pending") for name in names]
    assert await migrate(empty) == names
    assert await status(empty) == [(name, "applied") for name in names]
    assert await migrate(empty) == []


async def test_two_starters(server: DatabaseServer) -> None:
    url = server.create("template0")
    databases = await asyncio.gather(*(open_database(url, Path()) for _ in range(4)))
    try:
        done = await asyncio.gather(*(migrate(database) for database in databases))
        names = [migration.name for migration in migrations(databases[0].mode)]
        assert sorted(done, key=len) == [[], [], [], names]
    finally:
        await asyncio.gather(*(database.close() for database in databases))
        server.drop(url)


async def test_a_failing_migration_leaves_nothing(
    empty: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = module.Migration("0001_good", "CREATE TABLE good ()")
    bad = module.Migration("0002_bad", "CREATE TABLE half (); SELECT 1/0")
    monkeypatch.setattr(module, "migrations", lambda mode: [good, bad])
    with pytest.raises(DatabaseProblem) as caught:
        await migrate(empty)
    assert caught.value.code == "statement_refused"
    assert await status(empty) == [("0001_good", "pending"), ("0002_bad", "pending")]


async def test_an_edited_migration_is_refused(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    edited = [module.Migration(m.name, m.text + "-- ") for m in migrations(database.mode)]
    monkeypatch.setattr(module, "migrations", lambda mode: edited)
    with pytest.raises(DatabaseProblem) as caught:
        await migrate(database)
    assert caught.value.code == "migration_changed"


async def test_a_newer_database_is_refused(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "migrations", lambda mode: migrations(mode)[:1])
    with pytest.raises(DatabaseProblem) as caught:
        await status(database)
    assert caught.value.code == "newer_schema"
