"""Partitions come before their rows, whoever makes them; old ones go as wholes."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from storage.database import Database
from storage.instants import DAY_US
from storage.partitions import (
    TABLES,
    Partitions,
    day_of,
    partition_name,
    partition_span,
    partitions,
)
from storage.retention import JOURNAL_DAYS, drop_expired, trim
from storage.writer import Writer
from tests.storage.rows import NOON_US, fixes, scalar, stored_rows, unit

TODAY = day_of(NOON_US)


def test_names_say_the_day() -> None:
    assert partition_name("positions", TODAY) == "positions_p20260922"
    midnight = datetime(2026, 9, 22, tzinfo=UTC)
    assert partition_span("raw_frames_p20260922") == (midnight, midnight + timedelta(days=1))
    part = partition_name("positions", TODAY, 18, 6)
    assert part == "positions_p20260922_18_24"
    assert partition_span(part) == (midnight + timedelta(hours=18), midnight + timedelta(days=1))
    assert day_of(NOON_US) == day_of(TODAY * DAY_US) == day_of((TODAY + 1) * DAY_US - 1)


async def test_made_once_by_whoever_is_first(plain_database: Database) -> None:
    conns = [await plain_database.connect() for _ in range(3)]
    wanted = [TODAY - 1, TODAY, TODAY + 1]
    await asyncio.gather(*(Partitions().ensure(conn, wanted) for conn in conns))
    for table in TABLES:
        names = [partition_name(table, day) for day in wanted]
        assert await partitions(conns[0], table) == names
    index = "SELECT count(*) FROM pg_indexes WHERE tablename = 'positions_p20260922'"
    assert await scalar(conns[0], index) == 1
    for conn in conns:
        await conn.close()


async def test_readers_do_not_hold_it_up(plain_database: Database) -> None:
    reader, maker = await plain_database.connect(), await plain_database.connect()
    async with reader.transaction():
        await reader.execute("SELECT count(*) FROM positions")
        async with asyncio.timeout(5):
            await Partitions().ensure(maker, [TODAY])
    assert await partitions(maker, "positions") == [partition_name("positions", TODAY)]
    await reader.close()
    await maker.close()


async def test_stray_days_make_no_partitions(
    plain_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.partitions.MAX_DAYS", 2)
    conn = await plain_database.connect()
    await Partitions().ensure(conn, [-5, 900_000, TODAY - 9, TODAY, TODAY + 1])
    assert await partitions(conn, "positions") == [
        "positions_p20260922",
        "positions_p20260923",
    ]
    await conn.close()


async def test_old_days_go_and_nothing_else(database: Database) -> None:
    writer = Writer(database)
    batch = fixes([0, -86_400, -10 * 86_400, -11 * 86_400])
    await writer.write(batch, [], [], NOON_US, 1)
    conn = await database.connect()
    dropped = await drop_expired(conn, database.mode, NOON_US, 10, 7)
    assert len(dropped.positions) == 1
    assert dropped.busy == []
    # The day on the edge still has rows within the retention: it stays whole.
    assert len(await stored_rows(conn)) == 3
    assert (await drop_expired(conn, database.mode, NOON_US, 10, 7)).positions == []
    # Late rows of a dropped day find their partition again.
    late = fixes([-11 * 86_400])
    assert len((await writer.write(late, [], [], NOON_US, 2)).batch) == 1
    await writer.close()
    await conn.close()


async def test_a_partition_in_use_waits_for_the_next_run(
    plain_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.retention._LOCK_LIMIT", "50ms")
    reader, conn = await plain_database.connect(), await plain_database.connect()
    await Partitions().ensure(conn, [TODAY - 20])
    async with reader.transaction():
        await reader.execute("SELECT count(*) FROM positions")
        dropped = await drop_expired(conn, "plain", NOON_US, 10, 100)
    assert (dropped.positions, dropped.busy) == ([], ["positions_p20260902"])
    assert (await drop_expired(conn, "plain", NOON_US, 10, 100)).positions == dropped.busy
    await reader.close()
    await conn.close()


async def test_small_tables_keep_within_their_caps(
    plain_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.retention.MAX_QUARANTINE_ROWS", 3)
    conn = await plain_database.connect()
    await conn.execute(
        "INSERT INTO quarantine (received_at, protocol, peer, reason, detail, frame)"
        " SELECT now(), '', '', 'r' || n, '', '' FROM generate_series(1, 5) n"
    )
    old = NOON_US // 1_000_000 - JOURNAL_DAYS * 86_400 - 1
    await conn.execute(
        "INSERT INTO ingest_journal SELECT n, to_timestamp(%s), 0, '{}', '{}'"
        " FROM generate_series(1, 4) n",
        (old,),
    )
    await conn.execute("UPDATE judged SET journal_id = 3")
    await conn.execute("UPDATE daily_progress SET journal_id = 4")
    device = await unit(conn)
    await conn.execute(
        "INSERT INTO snapshots SELECT %s, to_timestamp(%s) - n * INTERVAL '1 day', ''"
        " FROM generate_series(0, 5) n",
        (device.id, NOON_US // 1_000_000),
    )
    deleted = await trim(conn, NOON_US, snapshot_days=2.5)
    caps = {"quarantine": 2, "ingest_journal": 3, "snapshots": 2}
    assert deleted == {**caps, "kept_frames": 0}
    assert await scalar(conn, "SELECT string_agg(reason, '') FROM quarantine") == "r3r4r5"
    assert await scalar(conn, "SELECT id FROM ingest_journal") == 4
    # 0, 1 and 2 days old, and the newest one before the cutoff.
    assert await scalar(conn, "SELECT count(*) FROM snapshots") == 4
    assert await trim(conn, NOON_US, 2.5) == dict.fromkeys(deleted, 0)
    await conn.close()
