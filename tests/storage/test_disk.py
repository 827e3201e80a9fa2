"""The disk: measured, forecast, guarded; days compressed or clustered; evidence out of reach."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from datetime import date, timedelta

import numpy as np
import pytest

from model.frames import RawFrame
from storage.columnstore import cluster_one_day, ensure_columnstore, has_columnstore
from storage.database import Connection, Database
from storage.disk_guard import Disk, forecast, level_of, tighten
from storage.instants import DAY_US, to_datetime
from storage.partitions import TABLES
from storage.raw_frames import raw_frames_of
from storage.retention import drop_expired, trim
from storage.tracks import positions_of
from storage.usage import Day, Usage, full_on, usage
from storage.writer import Writer
from tests.storage.rows import NOON_US, SECOND_US, fixes, scalar, stored_rows, unit

TODAY = date(2026, 9, 22)
DAY_S = 86_400


@pytest.fixture
async def conn(database: Database) -> AsyncIterator[Connection]:
    conn = await database.connect()
    yield conn
    await conn.close()


def frame_at(time_s: float, device_id: int = 1) -> RawFrame:
    time_us = NOON_US + round(time_s * SECOND_US)
    return RawFrame(device_id, time_us, time_us, time_us, "jt808", b"%d" % time_us)


async def fill(database: Database, days: int, devices: int = 3, a_day: int = 40) -> None:
    """Fixes and frames of some days up to NOON, devices in turns."""
    writer = Writer(database)
    for number in range(days):
        seconds = np.arange(a_day) * 60.0 - DAY_S * (days - 1 - number)
        batch = fixes(np.repeat(seconds, devices))
        batch.rows["device_id"] = np.tile(np.arange(1, devices + 1), a_day)
        frames = [frame_at(second, n) for second in seconds for n in range(1, devices + 1)]
        await writer.write(batch, frames, [], NOON_US, number + 1)
    await writer.close()


async def test_days_are_measured(database: Database, conn: Connection) -> None:
    await fill(database, 3)
    await conn.execute("ANALYZE positions, raw_frames")
    found = await usage(conn, database.mode)
    for table in TABLES:
        days = found.days[table]
        assert [day.day for day in days] == [TODAY - timedelta(days=n) for n in (2, 1, 0)]
        assert sum(day.rows for day in days) == 360
        assert 50 < (found.bytes_a_row(table) or 0) < 2_000
        assert not any(day.compressed for day in days)
    assert found.total_bytes > sum(d.bytes for days in found.days.values() for d in days)


def lasting(positions: int, frames: int, days: int = 10) -> Usage:
    """So many bytes a day."""
    sizes = {"positions": positions, "raw_frames": frames}
    first = TODAY - timedelta(days=days - 1)
    return Usage(
        {
            table: tuple(Day(first + timedelta(days=n), size, 1, False) for n in range(days))
            for table, size in sizes.items()
        },
        0,
    )


def test_the_day_the_disk_is_full() -> None:
    kept = {"positions": 91, "raw_frames": 8}
    found = lasting(100, 50)
    # Frames have all their days: positions alone still grow, by 82 days.
    assert full_on(found, 82 * 100, kept, TODAY) is None
    assert full_on(found, 82 * 100 - 1, kept, TODAY) == TODAY + timedelta(days=82)
    assert full_on(found, 0, kept, TODAY) == TODAY + timedelta(days=1)
    assert forecast(found, None, 90, 7, TODAY) is None
    assert forecast(found, Disk(9_000, 250), 90, 7, TODAY) == TODAY + timedelta(days=3)


def test_levels() -> None:
    soon = TODAY + timedelta(days=5)
    assert level_of(None, None, TODAY) == "unknown"
    assert level_of(Disk(100, 50), None, TODAY) == "ok"
    assert level_of(Disk(100, 50), soon, TODAY) == "warning"
    assert level_of(Disk(100, 14), None, TODAY) == "warning"
    assert level_of(Disk(100, 9), soon, TODAY) == "tight"


async def test_a_tight_disk_drops_the_oldest_raw_frames(
    database: Database, conn: Connection
) -> None:
    await fill(database, 4)
    found = await usage(conn, database.mode)
    one_day = found.days["raw_frames"][0].bytes
    total = 100 * one_day
    dropped = await tighten(conn, database.mode, found, Disk(total, total // 10 - one_day - 1))
    assert len(dropped.raw_frames) == 2
    assert await scalar(conn, "SELECT count(DISTINCT time::date) FROM raw_frames") == 2
    assert await scalar(conn, "SELECT count(DISTINCT time::date) FROM positions") == 4
    found = await usage(conn, database.mode)
    await tighten(conn, database.mode, found, Disk(total, 0))  # never the newest day
    assert await scalar(conn, "SELECT count(DISTINCT time::date) FROM raw_frames") == 1


_VIOLATION = """
INSERT INTO violations (organisation_id, device_id, rule_id, rule_version, kind, severity,
    started_at, last_at, longitude_e6, latitude_e6, raised_at,
    found_severity)
VALUES (%s, %s, 1, 1, 'speeding', 'warning', %s, %s, 0, 0, now(), 'warning')
"""


async def test_frames_of_an_open_violation_outlive_their_day(
    database: Database, conn: Connection
) -> None:
    device = await unit(conn)
    writer = Writer(database)
    seconds = [n * 60.0 - 3 * DAY_S for n in range(40)]
    frames = [frame_at(second, device.id) for second in seconds]
    await writer.write(fixes(seconds, device_id=device.id), frames, [], NOON_US, 1)
    await writer.close()
    begin_us, end_us = frames[10].time_us, frames[12].time_us
    period = (to_datetime(begin_us), to_datetime(end_us))
    await conn.execute(_VIOLATION, (device.organisation_id, device.id, *period))
    for _ in range(2):  # also when it is asked again
        await drop_expired(conn, database.mode, NOON_US, 90, 1)
    assert await scalar(conn, "SELECT count(*) FROM raw_frames") == 0
    wide = (frames[0].time_us, frames[-1].time_us + 1)
    assert await raw_frames_of(conn, device.id, *wide) == frames[5:17]  # five minutes either side
    await trim(conn, NOON_US, 3)
    assert len(await raw_frames_of(conn, device.id, *wide)) == 12
    await conn.execute("UPDATE violations SET status = 'closed'")
    await trim(conn, NOON_US, 3)
    assert await raw_frames_of(conn, device.id, *wide) == []


async def test_closed_days_are_clustered_once(database: Database, conn: Connection) -> None:
    if await has_columnstore(conn, database.mode):
        pytest.skip("this edition compresses instead")
    await fill(database, 3)
    before = (await stored_rows(conn)).tolist()
    now = to_datetime(NOON_US)
    names = [await cluster_one_day(conn, database.mode, now) for _ in range(3)]
    assert len(set(names[:2])) == 2
    assert names[2] is None  # today is not closed
    assert (await stored_rows(conn)).tolist() == before
    late = fixes([-2 * DAY_S + 7])
    writer = Writer(database)
    assert len((await writer.write(late, [], [], NOON_US, 99)).batch) == 1
    await writer.close()
    # Rows of a device lie together now.
    first = (
        "SELECT array_agg(device_id ORDER BY ctid) FROM positions"
        " WHERE time < '2026-09-21' AND longitude_e6 <> 118000000"
    )
    devices = await scalar(conn, first)
    assert devices == sorted(devices)


async def test_the_columnstore_takes_late_rows_and_stays_small(
    database: Database, conn: Connection
) -> None:
    if not await has_columnstore(conn, database.mode):
        pytest.xfail("the server's licence has no columnstore")
    await fill(database, 3, devices=20, a_day=600)
    assert await ensure_columnstore(conn) == ["positions", "raw_frames"]
    assert await ensure_columnstore(conn) == []
    before = (await stored_rows(conn)).tolist()
    await conn.execute("ANALYZE positions")
    plain = (await usage(conn, database.mode)).bytes_a_row("positions")
    await run_policies(conn)
    assert (await stored_rows(conn)).tolist() == before
    found = await usage(conn, database.mode)
    assert found.days["positions"][0].compressed
    assert sum(day.rows for day in found.days["positions"][:1]) == 20 * 600
    writer = Writer(database)
    late = fixes([-2 * DAY_S + 7])
    again = fixes([-2 * DAY_S])
    assert len((await writer.write(late, [], [], NOON_US, 98)).batch) == 1
    assert (await writer.write(again, [], [], NOON_US, 99)).duplicates == 1
    await writer.close()
    await run_policies(conn)
    days = (await positions_of(conn, 1, NOON_US - 3 * DAY_US, NOON_US + DAY_US))["time_us"]
    assert len(days) == 3 * 600 + 1
    assert plain is not None
    assert plain > 100
    dropped = await drop_expired(conn, database.mode, NOON_US, 1, 1)
    assert len(dropped.positions) >= 1


async def run_policies(conn: Connection) -> None:
    """As the server's own worker would, which tests have not."""
    began_s = time.monotonic()
    cursor = await conn.execute(
        "SELECT job_id FROM timescaledb_information.jobs WHERE proc_name = 'policy_compression'"
    )
    for (job,) in await cursor.fetchall():
        await conn.execute(f"CALL run_job({job})".encode())
    assert time.monotonic() - began_s < 60
