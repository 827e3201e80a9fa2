"""A backup of a real server, put into another database, is the same server."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from storage.backup import BackupProblem, back_up, program, read_manifest, restore
from storage.database import Database, open_database
from storage.migrate import status
from storage.writer import Writer
from tests.api.town import build_town
from tests.api.traffic import truck_rows
from tests.servers import DatabaseServer, address

STEPS: list[str] = []
NAME = "restored"


@pytest.fixture
async def empty(server: DatabaseServer) -> AsyncIterator[str]:
    """The URL of a database without anything."""
    name = sql.Identifier(NAME)
    server.run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
    server.run(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(name))
    yield address(server.url, NAME)
    server.run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))


async def everything(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all our tables."""
    async with database.pool.connection() as conn:
        cursor = await conn.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY 1"
        )
        found = {}
        for (table,) in await cursor.fetchall():
            rows = await (
                await conn.execute(f'SELECT t::text FROM "{table}" t'.encode())
            ).fetchall()
            found[table] = sorted(rows)
        return found


async def test_what_is_restored_is_what_was_backed_up(
    database: Database, empty: str, tmp_path: Path
) -> None:
    town = await build_town(database)
    source, target, folder = tmp_path / "data", tmp_path / "new", tmp_path / "backup"
    (source / "media" / "ab").mkdir(parents=True)
    (source / "media" / "ab" / "abcd").write_bytes(b"a photo")
    (source / "secret").write_text("very secret")
    made = await back_up(database.url, source, folder, STEPS.append)
    assert (made.mode, made.migrations) == (database.mode, [n for n, _ in await status(database)])
    assert folder.stat().st_mode & 0o077 == 0
    assert await restore(empty, target, folder, STEPS.append) == read_manifest(folder) == made
    assert (target / "media" / "ab" / "abcd").read_bytes() == b"a photo"
    assert (target / "secret").read_text() == "very secret"
    again = await open_database(empty, tmp_path)
    try:
        assert again.mode == database.mode
        before, after = await everything(database), await everything(again)
        assert before == after
        assert len(before["positions"]) == 260
        assert {state for _, state in await status(again)} == {"applied"}
        writer = Writer(again)  # and it goes on from there
        batch = truck_rows(town.devices["truck_a"])
        batch.rows["time_us"] += 86_400_000_000
        written = await writer.write(batch, [], [], town.clock.now_us(), 99)
        await writer.close()
        assert len(written.batch) == 120
        with pytest.raises(BackupProblem, match="already"):
            await restore(empty, target, folder, STEPS.append)
    finally:
        await again.close()
    assert before == await everything(database)


async def test_what_is_no_backup_changes_nothing(
    plain_database: Database, plain_server: DatabaseServer, tmp_path: Path
) -> None:
    folder = tmp_path / "backup"
    await back_up(plain_database.url, tmp_path / "data", folder, STEPS.append)
    with pytest.raises(BackupProblem, match="not empty"):
        await back_up(plain_database.url, tmp_path / "data", folder, STEPS.append)
    dump = folder / "database.dump"
    dump.write_bytes(dump.read_bytes()[:-1])
    plain_server.run(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(NAME)))
    url = address(plain_server.url, NAME)
    try:
        with pytest.raises(BackupProblem, match="damaged"):
            await restore(url, tmp_path / "new", folder, STEPS.append)
        (folder / "manifest.json").unlink()
        with pytest.raises(BackupProblem, match="no whole backup"):
            await restore(url, tmp_path / "new", folder, STEPS.append)
        with pytest.raises(BackupProblem, match="nothing to keep"):
            await back_up(url, tmp_path, tmp_path / "other", STEPS.append)
        with psycopg.connect(url) as conn:
            found = conn.execute("SELECT to_regclass('schema_migrations')").fetchone()
        assert found == (None,)
    finally:
        drop = sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(NAME))
        plain_server.run(drop)


def test_an_older_program_is_not_taken() -> None:
    assert program("pg_dump", 180_000)
    with pytest.raises(BackupProblem, match="PostgreSQL 99"):
        program("pg_dump", 990_000)


def test_a_service_without_a_runtime_folder_is_not_warned() -> None:
    environment = {k: v for k, v in os.environ.items() if k != "XDG_RUNTIME_DIR"}
    command = [sys.executable, "-W", "error", "-c", "import storage.backup"]
    assert subprocess.run(command, env=environment, check=False).returncode == 0
