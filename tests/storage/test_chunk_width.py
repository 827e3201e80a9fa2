"""How wide partitions and chunks are: a stated formula, and only new ones change."""

from __future__ import annotations

from datetime import timedelta

import pytest

from storage.chunk_width import INDEX_BYTES, known_width, rows_a_day, settle_width, width_hours
from storage.columnstore import cluster_one_day
from storage.database import Database
from storage.instants import DAY_US, to_datetime
from storage.retention import drop_expired
from storage.usage import usage
from storage.writer import Writer
from tests.storage.rows import NOON_US, fixes, stored_rows
from tests.storage.test_disk import TODAY, lasting

GB = 1_000_000_000
CITY = 1_350 * 8_640  # fixes a day at 10 s


@pytest.mark.parametrize(
    ("rows", "memory", "hours"),
    [
        (0, GB, 24),
        (CITY, 6 * GB, 24),
        (CITY, 4 * GB, 12),
        (20 * CITY, 16 * GB, 3),
        (20 * CITY, 64 * GB, 12),
        (1_000 * CITY, GB, 1),
    ],
)
def test_indexes_of_a_chunk_fit_in_a_quarter_of_memory(rows: int, memory: int, hours: int) -> None:
    assert width_hours(rows, memory) == hours
    assert hours == 1 or rows * INDEX_BYTES * hours / 24 <= memory / 4


def test_rows_a_day_are_counted_or_expected() -> None:
    found = lasting(100, 50)
    assert rows_a_day(found, 7, TODAY) == 1
    assert rows_a_day(found, 7, TODAY - timedelta(days=9)) == 7 * 8_640


async def test_new_ones_have_the_new_width(database: Database) -> None:
    conn = await database.connect()
    writer = Writer(database)
    hours = [-23, -19, -13, -7, -1]
    await writer.write(fixes([hour * 3_600 - 2 * 86_400 for hour in hours]), [], [], NOON_US, 1)
    assert await known_width(conn) == 24
    assert await settle_width(conn, database.mode, 6)
    assert not await settle_width(conn, database.mode, 6)
    assert await known_width(conn) == 6
    await writer.write(fixes([hour * 3_600 for hour in hours]), [], [], NOON_US, 2)
    # What was made before still takes rows.
    await writer.write(fixes([-2 * 86_400 - 3_601]), [], [], NOON_US, 3)
    await writer.close()
    assert len(await stored_rows(conn)) == 11
    await conn.execute("ANALYZE positions")
    found = await usage(conn, database.mode)
    rows = {str(day.day): day.rows for day in found.days["positions"] if day.rows}
    assert rows == {"2026-09-19": 3, "2026-09-20": 3, "2026-09-21": 3, "2026-09-22": 2}
    # Closed parts of a day are clustered, and dropped, one by one.
    names = set()
    while name := await cluster_one_day(conn, database.mode, to_datetime(NOON_US)):
        names.add(name)
    assert len(names) >= 4
    dropped = await drop_expired(conn, database.mode, NOON_US + DAY_US // 2, 1, 1)
    assert len(await stored_rows(conn)) == 2
    assert len(dropped.positions) >= 4
    await conn.close()
