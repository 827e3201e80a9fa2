"""Whose positions and frames are kept how long: the nearest rule upwards, and rows that go."""

from __future__ import annotations

from collections.abc import AsyncIterator

import numpy as np
import pytest

from model.frames import RawFrame
from model.position import PositionBatch
from model.rulebook import Device
from storage.columnstore import (
    closed_days,
    cluster_one_day,
    ensure_columnstore,
    has_columnstore,
)
from storage.database import Connection, Database
from storage.frame_packing import pack_one_day
from storage.instants import DAY_US, to_datetime
from storage.retention_rules import (
    RetentionRule,
    kept_days,
    remove_retention,
    retention_rules,
    save_retention,
    units_without,
)
from storage.retention_trim import trim_units
from storage.rulebook import register_device, save_organisation
from storage.writer import Writer
from tests.storage.rows import NOON_US, SECOND_US, fixes, scalar
from tests.storage.test_disk import run_policies

NOW = to_datetime(NOON_US)


@pytest.fixture
async def conn(database: Database) -> AsyncIterator[Connection]:
    conn = await database.connect()
    yield conn
    await conn.close()


async def register(conn: Connection) -> dict[str, int]:
    """A bureau with two vehicles, and a company below it with a vehicle and an inspector."""
    bureau = await save_organisation(conn, "城管局")
    company = await save_organisation(conn, "一公司", parent_id=bureau)
    kinds = {"sweeper": bureau, "mixer": bureau, "truck": company, "inspector": company}
    found = {"bureau": bureau, "company": company}
    for number, (kind, organisation) in enumerate(kinds.items()):
        device = Device(
            id=0,
            organisation_id=organisation,
            identity=f"1390000{number:04d}",
            protocol="jt808",
            kind="muck_truck" if kind == "truck" else kind,
            name=kind,
        )
        found[kind] = (await register_device(conn, device)).id
    return found


async def test_the_nearest_rule_holds(plain_database: Database) -> None:
    async with plain_database.pool.connection() as conn:
        ids = await register(conn)
        assert await kept_days(conn, "positions") == {}
        for owner, kind, days in (
            ("bureau", None, 60), ("bureau", "inspector", 10), ("company", None, 30),
            ("bureau", "mixer", 400),
        ):  # fmt: skip
            await save_retention(conn, RetentionRule(ids[owner], "positions", kind, days))
        expected = {"sweeper": 60, "mixer": 400, "truck": 30, "inspector": 30}
        found = await kept_days(conn, "positions")
        assert found == {ids[name]: days for name, days in expected.items()}
        assert await kept_days(conn, "positions", ids["truck"]) == {ids["truck"]: 30}
        assert await kept_days(conn, "raw_frames") == {}
        assert len(await retention_rules(conn, [ids["bureau"]])) == 3
        assert await remove_retention(conn, ids["company"], "positions", None)
        assert not await remove_retention(conn, ids["company"], "positions", None)
        found = await kept_days(conn, "positions")
        assert (found[ids["truck"]], found[ids["inspector"]]) == (60, 10)
        await save_retention(conn, RetentionRule(ids["company"], "raw_frames", "muck_truck", 1))
        ruled = await kept_days(conn, "raw_frames")
        assert await units_without(conn, ruled) == [
            ids["sweeper"], ids["mixer"], ids["inspector"],
        ]  # fmt: skip


async def fill(database: Database, units: list[int], days: int) -> None:
    """A fix and a frame an hour of each unit, of the last days."""
    hours = np.arange(24 * days) * -3_600.0
    batches = [fixes(hours, device_id=unit) for unit in units]
    frames = [
        RawFrame(unit, time_us, time_us, time_us + SECOND_US, "jt808", b"%d" % time_us)
        for unit in units
        for time_us in (NOON_US + (hours * 1e6).astype(np.int64)).tolist()
    ]
    writer = Writer(database)
    await writer.write(PositionBatch.join(batches), frames, [], NOON_US, 1)
    await writer.close()


async def oldest(conn: Connection, table: str) -> dict[int, int]:
    """Whole days ago of each unit's first row."""
    cursor = await conn.execute(f"SELECT device_id, min(time) FROM {table} GROUP BY 1".encode())
    return {unit: (NOW - first).days for unit, first in await cursor.fetchall()}


async def test_rows_go_when_their_time_is_over(database: Database, conn: Connection) -> None:
    await fill(database, [1, 2, 3], 10)
    mode = database.mode
    for rewrite in (cluster_one_day, pack_one_day):
        while await rewrite(conn, mode, NOW):
            pass
    days = {2: 3, 3: 5}
    for table in ("positions", "raw_frames"):
        assert await trim_units(conn, mode, table, now=NOW, days=days, budget_s=60) > 0
        # The day on the edge stays whole.
        assert await oldest(conn, table) == {1: 9, 2: 3, 3: 5}
        assert await closed_days(conn, mode, table, NOW), "rewritten by and by"
    assert await trim_units(conn, mode, "positions", now=NOW, days=days, budget_s=60) == 0
    for rewrite in (cluster_one_day, pack_one_day):
        while await rewrite(conn, mode, NOW):
            pass
    assert await oldest(conn, "raw_frames") == {1: 9, 2: 3, 3: 5}
    assert await scalar(conn, "SELECT count(*) FROM positions WHERE device_id = 1") == 240


async def test_compressed_chunks_lose_whole_units(database: Database, conn: Connection) -> None:
    if not await has_columnstore(conn, database.mode):
        pytest.xfail("the server's licence has no columnstore")
    await fill(database, [1, 2, 3], 10)
    await ensure_columnstore(conn)
    await run_policies(conn)
    for table in ("positions", "raw_frames"):
        compressed = (
            "SELECT count(*) FROM timescaledb_information.chunks"
            f" WHERE hypertable_name = '{table}' AND is_compressed"
        )
        assert await scalar(conn, compressed) > 0
        days = {2: 3, 3: 5}
        await trim_units(conn, database.mode, table, now=NOW, days=days, budget_s=60)
        assert await oldest(conn, table) == {1: 9, 2: 3, 3: 5}
        assert await scalar(conn, compressed) > 0


async def test_a_budget_ends_it_and_the_next_run_goes_on(
    database: Database, conn: Connection
) -> None:
    await fill(database, list(range(1, 12)), 4)
    days = dict.fromkeys(range(1, 12), 1)
    runs = 0
    while await trim_units(conn, database.mode, "positions", now=NOW, days=days, budget_s=0):
        runs += 1
    assert runs == 3 * 3, "five units of a day each"
    assert set((await oldest(conn, "positions")).values()) == {1}


async def test_frames_that_open_violations_need_are_kept(plain_database: Database) -> None:
    async with plain_database.pool.connection() as conn:
        ids = await register(conn)
    unit = ids["truck"]
    await fill(plain_database, [unit], 5)
    conn = await plain_database.connect()
    at = to_datetime(NOON_US - 3 * DAY_US)
    await conn.execute(
        "INSERT INTO violations (organisation_id, device_id, rule_id, rule_version, kind, severity,"
        " started_at, last_at, longitude_e6, latitude_e6, raised_at, found_severity)"
        " VALUES (%s, %s, 1, 1, 'speeding', 'info', %s, %s, 0, 0, %s, 'info')",
        (ids["company"], unit, at, at, at),
    )
    await trim_units(conn, "plain", "raw_frames", now=NOW, days={unit: 1}, budget_s=60)
    assert await scalar(conn, "SELECT count(*) FROM kept_frames") == 1
    assert await oldest(conn, "raw_frames") == {unit: 1}
    await conn.close()
