"""What is judged is locked against clicks, and moved on by one worker alone."""

from __future__ import annotations

import psycopg.errors
import pytest

from storage.database import Database
from storage.judgement import (
    LostEpochError,
    latest_snapshots,
    move_on,
    stored_violations,
    take_epoch,
)


async def test_a_click_waits_for_the_judge_and_the_ladders_log_does_not(
    plain_database: Database,
) -> None:
    pool = plain_database.pool
    async with pool.connection() as conn:
        await conn.execute("INSERT INTO organisations (id, name) VALUES (1, 'City')")
        await conn.execute(
            "INSERT INTO devices (id, organisation_id, identity, protocol, kind, name)"
            " VALUES (1, 1, '7', 'jt808', 'muck_truck', '7')"
        )
        await conn.execute(
            "INSERT INTO violations (id, organisation_id, device_id, rule_id, rule_version, kind,"
            " severity, found_severity, told_severity, started_at, last_at, longitude_e6,"
            " latitude_e6, raised_at) VALUES (1, 1, 1, 1, 1, 'x', 'info', 'info', 'info', now(),"
            " now(), 0, 0, now())"
        )
    async with pool.connection() as judge, pool.connection() as other, other.transaction():
        assert [one.id for one in await stored_violations(judge, [1], 0)] == [1]
        await other.execute("SET LOCAL lock_timeout = '200ms'")
        await other.execute(
            "INSERT INTO violation_log (violation_id, at, action, detail)"
            " VALUES (1, now(), 'told', '{}')"
        )
        with pytest.raises(psycopg.errors.LockNotAvailable):
            async with other.transaction():
                await other.execute("UPDATE violations SET status = 'taken' WHERE id = 1")


async def test_who_has_lost_the_epoch_moves_nothing_on_and_keeps_no_snapshot(
    database: Database,
) -> None:
    day_us = 1_800_000_000_000_000
    async with database.pool.connection() as conn:
        await conn.execute("INSERT INTO organisations (id, name) VALUES (1, 'City')")
        await conn.execute(
            "INSERT INTO devices (id, organisation_id, identity, protocol, kind, name)"
            " VALUES (1, 1, '7', 'jt808', 'muck_truck', '7')"
        )
        old, *_ = await take_epoch(conn)
        await move_on(conn, old, 5, day_us, [(1, day_us, b"a")])
        epoch, judged, tick_us = await take_epoch(conn)
        assert (judged, tick_us) == (5, day_us)
        with pytest.raises(LostEpochError):
            await move_on(conn, old, 6, day_us + 1, [(1, day_us, b"b"), (1, day_us + 1, b"c")])
        assert await latest_snapshots(conn) == {1: (day_us, b"a")}
        await move_on(conn, epoch, 3, day_us + 1, [(1, day_us, b"d")])  # the journal's stays
        assert await latest_snapshots(conn) == {1: (day_us, b"d")}
        await move_on(conn, epoch, 7, day_us + 2, [])
        assert (await take_epoch(conn))[1:] == (7, day_us + 2)
