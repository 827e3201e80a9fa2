"""Packs of frames: what goes in comes out, and a closed day is asked for as before."""

from __future__ import annotations

from collections.abc import AsyncIterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.frames import RawFrame
from model.position import PositionBatch, empty_rows
from storage.columnstore import CLUSTER_AFTER
from storage.database import Connection, Database
from storage.frame_packing import pack_one_day
from storage.frame_packs import Frames, pack, unpack
from storage.instants import DAY_US, to_datetime
from storage.raw_frames import raw_frames_of
from storage.usage import usage
from storage.writer import Writer
from tests.storage.rows import NOON_US, SECOND_US, scalar

MIDNIGHT_US = NOON_US - DAY_US // 2
CLOSED = to_datetime(MIDNIGHT_US + DAY_US) + CLUSTER_AFTER * 2

_TIMES = st.integers(-(2**62), 2**62)


@given(
    st.lists(st.tuples(_TIMES, _TIMES, _TIMES, st.binary(max_size=40)), min_size=1, max_size=30),
    st.booleans(),
)
def test_a_pack_holds_what_went_in(each: list[tuple[int, int, int, bytes]], alike: bool) -> None:
    if alike:
        each = [(*times, b"%-40d" % number) for number, (*times, _) in enumerate(each)]
    columns = (np.array(column, np.int64) for column in zip(*(e[:3] for e in each), strict=True))
    lengths = np.array([len(frame) for *_, frame in each], np.int64)
    blob = pack(Frames(*columns, lengths, b"".join(frame for *_, frame in each)))
    assert list(unpack(blob).each()) == each


@pytest.fixture
async def conn(database: Database) -> AsyncIterator[Connection]:
    conn = await database.connect()
    yield conn
    await conn.close()


def frames_of_a_day(device_id: int, count: int, first_us: int = MIDNIGHT_US) -> list[RawFrame]:
    """Every minute one, each with a fix and the one of a second before, of two lengths."""
    return [
        RawFrame(
            device_id,
            first_us + n * 60 * SECOND_US,
            first_us + n * 60 * SECOND_US + SECOND_US,
            first_us + n * 60 * SECOND_US + 2 * SECOND_US + n,
            "jt808" if n % 7 else "handset",
            b"%d %d" % (device_id, n),
        )
        for n in range(count)
    ]


async def store(database: Database, frames: list[RawFrame], journal_id: int) -> None:
    writer = Writer(database)
    await writer.write(PositionBatch(empty_rows(0)), frames, [], NOON_US, journal_id)
    await writer.close()


async def test_a_closed_day_is_packed_and_read_as_before(
    database: Database, conn: Connection
) -> None:
    days = [MIDNIGHT_US, MIDNIGHT_US + DAY_US]
    frames = {n: [f for day in days for f in frames_of_a_day(n, 400, day)] for n in (1, 2)}
    await store(database, [*frames[2], *frames[1]], 1)
    from_us = MIDNIGHT_US + 90 * 60 * SECOND_US
    period = from_us, from_us + 600 * SECOND_US
    before = await raw_frames_of(conn, 1, *period)
    assert len(before) == 10
    assert await pack_one_day(conn, database.mode, to_datetime(NOON_US)) is None, "still open"
    name = await pack_one_day(conn, database.mode, CLOSED)
    assert name is not None
    assert await pack_one_day(conn, database.mode, CLOSED) is None, "once"
    assert await scalar(conn, "SELECT count(*) FROM raw_frames WHERE frames IS NULL") == 800
    packs = await scalar(conn, "SELECT count(*) FROM raw_frames WHERE frames > 0")
    assert packs == 2 * 2 * 7, "hours and protocols of two units"
    assert await raw_frames_of(conn, 1, *period) == before
    assert await raw_frames_of(conn, 2, 0, NOON_US + 9 * DAY_US) == frames[2]
    assert await raw_frames_of(conn, 1, *period, limit=3) == before[:3]
    # One comes late: it is found among them, and a day that is rewritten again loses nothing.
    late = RawFrame(1, from_us + SECOND_US, from_us + SECOND_US, NOON_US, "jt808", b"late")
    await store(database, [late], 2)
    assert late in await raw_frames_of(conn, 1, *period)
    await conn.execute("ANALYZE raw_frames")
    found = await usage(conn, database.mode)
    assert [day.rows for day in found.days["raw_frames"]] == [801, 800]
