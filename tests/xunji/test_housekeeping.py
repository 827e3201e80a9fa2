"""Retention as the server keeps it: whole days by the longest time, single rows at night."""

from __future__ import annotations

from pathlib import Path

import pytest

from storage.chunk_width import known_width
from storage.database import Connection, Database
from storage.instants import DAY_US
from storage.retention_rules import RetentionRule, save_retention
from tests.storage.rows import NOON_US
from tests.storage.test_retention_rules import fill, oldest, register
from xunji.clock import SimulatedClock
from xunji.housekeeping import Housekeeping
from xunji.settings import DatabaseSettings, Settings

HOUR_US = DAY_US // 24


async def days_kept(conn: Connection) -> list[int]:
    """Whole days back of the truck's and of the inspector's first position."""
    return list((await oldest(conn, "positions")).values())


async def test_rows_go_at_night_and_days_by_the_longest_time(
    plain_database: Database, tmp_path: Path
) -> None:
    conn = await plain_database.connect()
    ids = await register(conn)
    await save_retention(conn, RetentionRule(ids["bureau"], "positions", "inspector", 3))
    await save_retention(conn, RetentionRule(ids["bureau"], "raw_frames", "muck_truck", 20))
    await fill(plain_database, [ids["truck"], ids["inspector"]], 12)
    database = DatabaseSettings(url=plain_database.url, retention_days=8, raw_frames_days=2)
    settings = Settings(data_dir=tmp_path, clock="simulated", production=False, database=database)
    clock = SimulatedClock(NOON_US)
    keeping = Housekeeping(plain_database, clock, settings)
    await keeping.once()
    assert await days_kept(conn) == [8, 8], "in the evening only whole days go"
    assert set((await oldest(conn, "raw_frames")).values()) == {11}, "a truck's are kept longer"
    clock.advance_to(NOON_US + 6 * HOUR_US)  # two at night
    await keeping.once()
    assert await days_kept(conn) == [8, 3]
    assert list((await oldest(conn, "raw_frames")).values()) == [11, 2]
    await conn.close()


@pytest.mark.parametrize(
    ("chosen", "hours"),
    [({"memory_gigabytes": 0.008}, 12), ({"chunk_hours": 6}, 6), ({"memory_gigabytes": 8}, 24)],
)
async def test_the_width_of_chunks_is_looked_at(
    plain_database: Database, tmp_path: Path, chosen: dict[str, float], hours: int
) -> None:
    conn = await plain_database.connect()
    await register(conn)
    database = DatabaseSettings.model_validate({"url": plain_database.url, **chosen})
    settings = Settings(data_dir=tmp_path, clock="simulated", production=False, database=database)
    keeping = Housekeeping(plain_database, SimulatedClock(NOON_US), settings)
    await keeping.once()
    assert await known_width(conn) == hours
    await conn.close()
