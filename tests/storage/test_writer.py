"""The writer: all or nothing, stored once, whatever comes twice, differs, or is refused."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import numpy as np
import psycopg
import pytest

from model.frames import RawFrame
from model.position import POSITION_DTYPE, PositionBatch
from storage.database import Connection, Database
from storage.problems import DatabaseProblem, StorageAway
from storage.writer import SLOW_SECONDS, Writer
from tests.storage.parcels import frame_at, refused
from tests.storage.rows import NOON_US, SECOND_US, fixes, scalar, stored_rows

NOTHING = fixes([])


@pytest.fixture
async def writer(database: Database) -> AsyncIterator[Writer]:
    writer = Writer(database)
    yield writer
    await writer.close()


@pytest.fixture
async def conn(database: Database) -> AsyncIterator[Connection]:
    conn = await database.connect()
    yield conn
    await conn.close()


async def test_all_of_a_batch_in_one_transaction(writer: Writer, conn: Connection) -> None:
    batch = PositionBatch.join([fixes([0, 10]), fixes([7, 3], device_id=2)])
    written = await writer.write(batch, [frame_at(0)], [refused("bad_checksum")], NOON_US + 1, 5)
    assert (len(written.batch), written.duplicates, written.refused) == (4, 0, 0)
    assert sorted((await stored_rows(conn)).tolist()) == sorted(batch.rows.tolist())
    assert await scalar(conn, "SELECT count(*) FROM raw_frames") == 1
    assert await scalar(conn, "SELECT reason FROM quarantine") == "bad_checksum"
    cursor = await conn.execute(
        "SELECT id, rows, device_ids, ARRAY(SELECT (extract(epoch FROM t) * 1000000)::bigint"
        " FROM unnest(from_times) t), (extract(epoch FROM tick) * 1000000)::bigint"
        " FROM ingest_journal"
    )
    earliest = [NOON_US, NOON_US + 3 * SECOND_US]
    assert await cursor.fetchall() == [(5, 4, [1, 2], earliest, NOON_US + 1)]


async def test_an_idle_tick_is_recorded(writer: Writer, conn: Connection) -> None:
    written = await writer.write(NOTHING, [], [], NOON_US, 1)
    assert len(written.batch) == 0
    assert await scalar(conn, "SELECT rows FROM ingest_journal") == 0


async def test_duplicates_across_batches_are_dropped(writer: Writer, conn: Connection) -> None:
    first = fixes([0, 1, 2], attributes=['{"a": 1, "b": 2}', None, None])
    await writer.write(first, [], [], NOON_US, 1)
    again = fixes([0, 1, 2, 3], attributes=['{"b":2,"a":1}', None, None, None])
    again.rows["delay_ms"] = 60_000  # sent again later: still the same report
    written = await writer.write(again, [], [], NOON_US, 2)
    assert written.duplicates == 3
    assert written.batch.rows["time_us"].tolist() == [NOON_US + 3 * SECOND_US]
    assert await scalar(conn, "SELECT count(*) FROM positions") == 4
    earliest = "SELECT extract(epoch FROM from_times[1])::bigint FROM ingest_journal WHERE id = 2"
    assert await scalar(conn, earliest) == NOON_US // SECOND_US + 3


@pytest.mark.parametrize(
    "column",
    [
        name
        for name in POSITION_DTYPE.names or ()
        if name not in ("device_id", "organisation_id", "time_us", "variant", "delay_ms")
    ],
)
async def test_another_report_of_the_same_second_is_a_variant(
    plain_database: Database, column: str
) -> None:
    writer = Writer(plain_database)
    first, other = fixes([0]), fixes([0])
    other.rows[column] += 1
    await writer.write(first, [], [], NOON_US, 1)
    written = await writer.write(other, [], [], NOON_US, 2)
    assert (written.duplicates, written.batch.rows["variant"].tolist()) == (0, [1])
    again = await writer.write(other, [], [], NOON_US, 3)
    assert (again.duplicates, len(again.batch)) == (1, 0)
    await writer.close()


async def test_other_attributes_are_a_variant(writer: Writer) -> None:
    await writer.write(fixes([0]), [], [], NOON_US, 1)
    other = fixes([0], attributes=['{"battery_pct": 3}'])
    assert (await writer.write(other, [], [], NOON_US, 2)).batch.rows["variant"].tolist() == [1]


async def test_doubles_within_a_batch(writer: Writer, conn: Connection) -> None:
    batch = fixes([0, 0, 0, 0, 5])
    batch.rows["longitude_e6"] = [1, 2, 1, 3, 1]
    written = await writer.write(batch, [], [], NOON_US, 1)
    assert written.duplicates == 1
    assert written.batch.rows["variant"].tolist() == [0, 1, 2, 0]
    assert (await stored_rows(conn))["longitude_e6"].tolist() == [1, 2, 3, 1]


async def test_a_device_cannot_fill_an_instant(writer: Writer, conn: Connection) -> None:
    batch = fixes([0] * 1_005)
    written = await writer.write(batch, [frame_at(0)], [], NOON_US, 1)
    assert (len(written.batch), written.refused) == (1_000, 5)
    reasons = "SELECT count(*) FROM quarantine WHERE reason = 'too_many_variants'"
    assert await scalar(conn, reasons) == 5


async def test_slow_and_fast_give_the_same_table(database: Database, conn: Connection) -> None:
    tables = []
    for slow in (False, True):
        # A clock that stands still keeps the slow way for ever, or never enters it.
        writer = Writer(database, monotonic_s=lambda: 0.0)
        if slow:
            writer._slow_until_s = SLOW_SECONDS
        random = np.random.default_rng(7)
        for journal_id in range(5):
            batch = fixes(np.arange(200) + 200.0 * journal_id)
            batch.rows["device_id"] = random.integers(1, 9, 200)
            batch.rows["speed_kmh_e1"] = random.integers(0, 900, 200)
            batch.attributes[::7] = ['{"io": 1}'] * len(batch.attributes[::7])
            assert len((await writer.write(batch, [], [], NOON_US, journal_id)).batch) == 200
        assert (writer._slow_until_s > 0) is slow
        tables.append((await stored_rows(conn)).tolist())
        await writer.close()
        await conn.execute("TRUNCATE positions, ingest_journal")
    assert tables[0] == tables[1]
    assert len(tables[0]) == 1_000


async def test_a_poison_row_goes_alone(writer: Writer, conn: Connection) -> None:
    batch = fixes(range(100))
    batch.attributes[41] = "{not json"
    batch.attributes[77] = '"\\u0000"'
    frames = [frame_at(second, bytes([second])) for second in range(100)]
    written = await writer.write(batch, frames, [], NOON_US, 1)
    assert (len(written.batch), written.refused) == (98, 2)
    assert await scalar(conn, "SELECT count(*) FROM positions") == 98
    cursor = await conn.execute("SELECT reason, device_id, frame FROM quarantine ORDER BY id")
    assert await cursor.fetchall() == [
        ("database_refused", 1, bytes([41])),
        ("database_refused", 1, bytes([77])),
    ]
    assert await scalar(conn, "SELECT count(*) FROM ingest_journal") == 1


async def test_poison_among_duplicates(writer: Writer, conn: Connection) -> None:
    await writer.write(fixes(range(10)), [], [], NOON_US, 1)
    batch = fixes(range(20))
    batch.attributes[15] = "{"
    written = await writer.write(batch, [], [], NOON_US, 2)
    assert (len(written.batch), written.duplicates, written.refused) == (9, 10, 1)


async def test_a_poison_frame_goes_alone(writer: Writer, conn: Connection) -> None:
    bad = RawFrame(1, NOON_US, NOON_US, NOON_US, "jt\x00808", b"\x01")
    written = await writer.write(fixes([0]), [bad, frame_at(0)], [], NOON_US, 1)
    assert len(written.batch) == 1
    assert await scalar(conn, "SELECT count(*) FROM raw_frames") == 1


async def test_quarantine_takes_any_bytes_and_text(writer: Writer, conn: Connection) -> None:
    odd = refused("bad", identity="\x00\ud800", detail="x" * 5_000, frame=bytes(100_000))
    await writer.write(NOTHING, [], [odd], NOON_US, 1)
    cursor = await conn.execute("SELECT identity, length(detail), length(frame) FROM quarantine")
    assert await cursor.fetchall() == [("\ufffd?", 1_000, 65_536)]


async def test_a_day_dropped_under_the_writer(plain_database: Database) -> None:
    writer = Writer(plain_database)
    await writer.write(fixes([0]), [], [], NOON_US, 1)
    async with plain_database.pool.connection() as conn:
        await conn.execute("DROP TABLE positions_p20260922, raw_frames_p20260922")
    written = await writer.write(fixes([1]), [frame_at(1)], [], NOON_US, 2)
    assert (len(written.batch), written.refused) == (1, 0)
    await writer.close()


async def test_a_time_of_no_partition_is_refused(plain_database: Database) -> None:
    writer = Writer(plain_database)
    batch = fixes([0, 1])
    batch.rows["time_us"][0] = 200_000 * 86_400_000_000  # the year 2517
    written = await writer.write(batch, [], [], NOON_US, 1)
    assert (len(written.batch), written.refused) == (1, 1)
    await writer.close()


async def _kill(conn: Connection, writer: Writer) -> None:
    assert writer._conn is not None
    pid = writer._conn.info.backend_pid
    await conn.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))


async def test_a_lost_connection_keeps_the_batch(writer: Writer, conn: Connection) -> None:
    await writer.write(fixes([0]), [], [], NOON_US, 1)
    await _kill(conn, writer)
    with pytest.raises(StorageAway) as caught:
        await writer.write(fixes([1]), [], [], NOON_US, 2)
    assert caught.value.retry_after_s > 0
    assert await scalar(conn, "SELECT count(*) FROM positions") == 1
    written = await writer.write(fixes([1]), [], [], NOON_US, 2)
    assert len(written.batch) == 1
    assert await scalar(conn, "SELECT count(*) FROM ingest_journal") == 2


async def test_a_commit_whose_answer_was_lost(writer: Writer, conn: Connection) -> None:
    """The retry finds its own journal row and reports the rows as stored, not as duplicates."""
    batch = fixes([0, 0, 1])
    first = await writer.write(batch, [frame_at(0)], [], NOON_US, 9)
    again = await writer.write(batch, [frame_at(0)], [], NOON_US, 9)
    assert again.batch.rows.tolist() == first.batch.rows.tolist()
    assert again.duplicates == 0
    assert await scalar(conn, "SELECT count(*) FROM positions") == 3
    assert await scalar(conn, "SELECT count(*) FROM raw_frames") == 1


async def test_another_server_on_the_same_database(writer: Writer) -> None:
    await writer.write(fixes([0]), [], [], NOON_US, 9)
    with pytest.raises(DatabaseProblem) as caught:
        await writer.write(fixes([1]), [], [], NOON_US + 1, 9)
    assert caught.value.code == "journal_taken"


async def test_cancelled_in_the_middle(writer: Writer, conn: Connection) -> None:
    await writer.write(fixes([0]), [], [], NOON_US, 1)
    async with conn.transaction():
        await conn.execute("LOCK TABLE ingest_journal IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await writer.write(fixes([1]), [], [], NOON_US, 2)
    assert await scalar(conn, "SELECT count(*) FROM positions") == 1
    assert len((await writer.write(fixes([1]), [], [], NOON_US, 2)).batch) == 1


async def test_nobody_there(plain_database: Database) -> None:
    away = Database("postgresql://127.0.0.1:1/none", "plain", plain_database.pool)
    writer = Writer(away)
    waits = []
    for _ in range(3):
        with pytest.raises(StorageAway) as caught:
            await writer.write(fixes([0]), [], [], NOON_US, 1)
        waits.append(caught.value.retry_after_s)
    assert waits == [0.1, 0.2, 0.4]


async def test_every_row_reads_back_as_written(writer: Writer, conn: Connection) -> None:
    random = np.random.default_rng(3)
    batch = fixes(range(500))
    for name in POSITION_DTYPE.names or ():
        if name not in ("device_id", "time_us", "variant"):
            limits = np.iinfo(POSITION_DTYPE[name])
            batch.rows[name] = random.integers(limits.min, limits.max, 500, endpoint=True)
    batch.attributes[:] = [json.dumps({"n": n}) if n % 3 else None for n in range(500)]
    await writer.write(batch, [], [], NOON_US, 1)
    assert (await stored_rows(conn)).tolist() == batch.rows.tolist()
    count = "SELECT count(*) FROM positions WHERE attributes->>'n' IS NOT NULL"
    assert await scalar(conn, count) == 333


async def test_the_slow_way_ends(plain_database: Database) -> None:
    now_s = 100.0
    writer = Writer(plain_database, monotonic_s=lambda: now_s)
    await writer.write(fixes([0]), [], [], NOON_US, 1)
    assert (await writer.write(fixes([0]), [], [], NOON_US, 2)).duplicates == 1
    assert writer._slow_until_s == 100.0 + SLOW_SECONDS
    now_s += SLOW_SECONDS
    # Fast again: a variant chosen by the caller is kept, which the slow way would replace.
    batch = fixes([1], variant=3)
    assert (await writer.write(batch, [], [], NOON_US, 3)).batch.rows["variant"].tolist() == [3]
    await writer.close()


def test_unique_violation_is_an_integrity_error() -> None:
    """The writer's order of except clauses rests on it."""
    assert issubclass(psycopg.errors.UniqueViolation, psycopg.IntegrityError)
