"""Days of vehicles behind the journal: whatever the order, whatever is killed, each fix once."""

from __future__ import annotations

import asyncio
import random
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from typer.testing import CliRunner

from geofence.mileage import day_sums
from model.position import PositionBatch, Rows, empty_rows
from model.signals import YES, pack
from pipeline.daily_summaries import LATE_WAIT_US, DailySummaries
from pipeline.take_in.order import ImportOrder
from pipeline.take_in.run import take_in
from storage.daily_summaries import Days, days_of, mark_all
from storage.database import Database
from storage.instants import DAY_US, to_datetime
from storage.tracks import positions_of
from tests.pipeline.judging import SECOND_US, START_US, World
from xunji.clock import SimulatedClock, SystemClock
from xunji.command_line import build_app
from xunji.doctor.summaries import check_summaries

ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture
async def world(plain_database: Database) -> World:
    """Three vehicles."""
    found = World(plain_database)
    await found.prepare(3)
    return found


def drive(world: World, device: int, chance: random.Random, count: int, from_us: int) -> Rows:
    """Fixes of some days with everything that steps look at, none at the time of another."""
    rows = empty_rows(count)
    rows["device_id"], rows["organisation_id"] = world.devices[device], world.organisation_id
    steps = [chance.choice((1, 10, 60, 299, 301, 4_000, 30_000)) for _ in range(count)]
    rows["time_us"] = from_us + np.cumsum(steps) * SECOND_US
    rows["longitude_e6"] = 118_800_000 + np.cumsum([chance.randrange(3_000) for _ in steps])
    rows["latitude_e6"] = 32_050_000
    rows["speed_kmh_e1"] = [chance.choice((-1, 0, 30, 360, 1_200)) for _ in steps]
    rows["fix_source"] = [chance.choice((0, 1, 1, 1)) for _ in steps]
    rows["odometer_m"] = [chance.choice((-1, 10 * n, 10 * n, 0)) for n in range(count)]
    states = (0, pack(ignition=YES), pack(ignition=YES, spraying=YES))
    rows["signals"] = [chance.choice(states) for _ in steps]
    return rows


async def write(world: World, rows: Rows) -> None:
    """Commit a batch with its journal row."""
    world.journal_id += 1
    tick_us = world.clock.now_us()
    await world.writer.write(PositionBatch(rows), [], [], tick_us, world.journal_id)


def days(world: World) -> DailySummaries:
    return DailySummaries(world.database, world.clock, ZONE.key, 90)


async def kept(world: World, device: int) -> Days:
    async with world.database.pool.connection() as conn:
        return await days_of(conn, world.devices[device], date(1970, 1, 1), date(2100, 1, 1))


async def recomputed(world: World, device: int) -> Days:
    """From all stored points."""
    async with world.database.pool.connection() as conn:
        rows = await positions_of(conn, world.devices[device], 0, START_US + 90 * DAY_US)
    return day_sums(rows, ZONE)


@pytest.mark.parametrize("seed", range(4))
async def test_any_order_and_any_kill_gives_the_same_days(world: World, seed: int) -> None:
    chance = random.Random(seed)
    tracks = [drive(world, n, chance, 200, START_US) for n in range(3)]
    rows = np.concatenate(tracks)
    order = np.argsort(rows["time_us"], kind="stable")
    if seed:  # some batches late, or all of them
        away = np.array([chance.choice((0, 0, chance.randrange(seed * 200))) for _ in order])
        order = order[np.argsort(np.arange(len(order)) + away, kind="stable")]
    for part in np.array_split(rows[order], 25):
        world.clock.advance_to(max(world.clock.now_us(), int(part["time_us"].max())))
        await write(world, part)
        if chance.random() < 0.6:
            work = asyncio.create_task(days(world).once(late_wait_us=chance.choice((0, 10**15))))
            await asyncio.wait([work], timeout=chance.choice((0.0, 0.005, 0.02, 5)))
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
    while not await days(world).once(late_wait_us=0):
        await asyncio.sleep(0.01)  # one that was killed still holds the lock
    for device in range(3):
        assert (await kept(world, device)).tolist() == (await recomputed(world, device)).tolist()
    await world.stop()


async def test_late_fixes_wait_for_their_like(world: World) -> None:
    rows = drive(world, 0, random.Random(7), 100, START_US)
    world.clock.advance_to(int(rows["time_us"].max()))
    await write(world, rows[50:])
    assert await days(world).once()
    await write(world, rows[:50])
    assert await days(world).once()
    assert (await kept(world, 0))["fixes"].sum() == (rows["fix_source"][50:] > 0).sum()
    world.clock.advance_to(world.clock.now_us() + LATE_WAIT_US + 1)
    assert not await days(world).once(budget_s=0), "the rest waits for the next pass"
    assert await days(world).once()
    assert (await kept(world, 0)).tolist() == (await recomputed(world, 0)).tolist()
    await world.stop()


async def test_what_retention_may_have_dropped_stays_and_the_rest_is_made_anew(
    world: World,
) -> None:
    rows = drive(world, 0, random.Random(3), 150, START_US)
    world.clock.advance_to(int(rows["time_us"].max()))
    await write(world, rows)
    assert await days(world).once()
    before = await kept(world, 0)
    short = DailySummaries(world.database, world.clock, ZONE.key, 4)
    async with world.database.pool.connection() as conn:
        gone_us = world.clock.now_us() - 5 * DAY_US
        await conn.execute("DELETE FROM positions WHERE time < %s", (to_datetime(gone_us),))
        await conn.execute("UPDATE daily_summaries SET distance_mm = 1")
        assert await mark_all(conn, 0) == 3
    assert await short.once()
    after = await kept(world, 0)
    assert after["day"].tolist() == before["day"].tolist()
    made = after["distance_mm"] == before["distance_mm"]
    assert made[-1]
    assert not made[0]
    await world.stop()


async def test_what_is_imported_and_another_zone(world: World, tmp_path: Path) -> None:
    """Rows that no journal tells of; days of another zone are made anew."""
    file = tmp_path / "old.csv"
    lines = [f"2027-01-14T{hour:02}:00:00Z,118.{hour:02},32.0" for hour in range(24)]
    file.write_text("time,longitude,latitude\n" + "\n".join(lines))
    assert await days(world).once()
    order = ImportOrder(
        path=str(file),
        format="csv",
        from_us=START_US - 90 * DAY_US,
        to_us=START_US,
        device_id=world.devices[1],
    )
    await take_in(world.database, order, lambda _told: None)
    assert await days(world).once()
    assert (await kept(world, 1))["fixes"].tolist() == [16, 8]
    assert await DailySummaries(world.database, world.clock, "UTC", 90).once()
    assert (await kept(world, 1))["fixes"].tolist() == [24]
    await world.stop()


async def test_the_doctor_compares_a_day_and_the_command_makes_it_anew(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """On the system's clock: the command knows no other."""
    now_us = SystemClock().now_us()
    rows = drive(world, 0, random.Random(1), 40, now_us - 8 * DAY_US)
    rows["time_us"] = np.sort(now_us - np.arange(40) * 3_600 * SECOND_US)
    world.clock = SimulatedClock(now_us)
    await write(world, rows)
    conn = await world.database.connect()
    assert (await check_summaries(conn, 90, now_us)).en == "no daily summary to compare"
    assert await days(world).once()
    assert (await check_summaries(conn, 90, now_us)).state == "ok"
    await conn.execute("UPDATE daily_summaries SET distance_mm = distance_mm + 1")
    assert (await check_summaries(conn, 90, now_us)).state == "warning"
    monkeypatch.setenv("XUNJI_DATABASE__URL", world.database.url)
    monkeypatch.setenv("XUNJI_DATA_DIR", str(tmp_path))

    def run(*arguments: str) -> int:
        return CliRunner().invoke(build_app(), ["storage", "rebuild-days", *arguments]).exit_code

    assert await asyncio.to_thread(run, "--device", "999") == 1
    assert await asyncio.to_thread(run, "--from", "2020-01-01") == 0
    assert (await check_summaries(conn, 90, now_us)).state == "ok"
    await conn.close()
    await world.stop()
