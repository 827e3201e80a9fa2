"""The replica answers while it is there and fresh; else the primary does."""

from __future__ import annotations

import pytest
from psycopg.conninfo import make_conninfo

from storage.database import Database, open_database
from storage.migrate import migrate
from storage.replica import LOOK_S, Replica
from tests.api.browser import browser_of
from tests.api.town import build_town
from tests.servers import REPOSITORY
from tests.storage.rows import scalar


async def test_one_that_is_away_is_passed_over_and_asked_again(plain_database: Database) -> None:
    now_s = 0.0
    nobody = make_conninfo(plain_database.url, dbname="nobody_made_it", connect_timeout="1")
    replica = Replica(nobody, lambda: now_s)
    try:
        for _ in range(2):
            async with replica.connection() as conn:
                assert conn is None
        assert not replica.usable
        name = await _create(plain_database, "nobody_made_it")
        now_s = LOOK_S
        async with replica.connection() as conn:
            assert conn is not None
            assert await scalar(conn, "SELECT current_database()") == name
    finally:
        await replica.close()
        await _drop(plain_database, "nobody_made_it")


async def test_one_that_lags_is_passed_over(
    plain_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_s = 0.0
    replica = Replica(plain_database.url, lambda: now_s)
    try:
        monkeypatch.setattr("storage.replica._LAG", "SELECT 61")
        async with replica.connection() as conn:
            assert conn is None
        monkeypatch.setattr("storage.replica._LAG", "SELECT 59")
        now_s = LOOK_S
        async with replica.connection() as conn:
            assert conn is not None
    finally:
        await replica.close()


async def test_history_is_read_there(plain_database: Database) -> None:
    """The replica of this test is a database that is empty: what is missing was read there."""
    town = await build_town(plain_database)
    await _create(plain_database, "history_replica", with_schema=True)
    replica = Replica(make_conninfo(plain_database.url, dbname="history_replica"))
    town.services.replica = replica
    try:
        browser = browser_of(town)
        async with browser.client:
            path = f"/devices/{town.devices['truck_a'].id}/track"
            hour = {"from": "2026-09-22T12:00:00Z", "to": "2026-09-22T13:00:00Z"}
            answer = await browser.send("chief", "GET", path, params=hour)
            assert answer.status_code == 404, "the replica has no such unit"
            assert len(await browser.get("chief", "/devices")) == 3, "the primary has"
    finally:
        await replica.close()
        await _drop(plain_database, "history_replica")


async def _create(database: Database, name: str, *, with_schema: bool = False) -> str:
    conn = await database.connect()
    try:
        await conn.execute(f'CREATE DATABASE "{name}"'.encode())
    finally:
        await conn.close()
    if with_schema:
        made = await open_database(make_conninfo(database.url, dbname=name), REPOSITORY)
        await migrate(made)
        await made.close()
    return name


async def _drop(database: Database, name: str) -> None:
    conn = await database.connect()
    try:
        await conn.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())
    finally:
        await conn.close()
