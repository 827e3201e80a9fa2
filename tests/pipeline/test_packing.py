"""A day of raw frames packed by a child process."""

from __future__ import annotations

import pytest

from pipeline.child import ChildProblem
from pipeline.packing import pack_beside
from storage.columnstore import CLUSTER_AFTER
from storage.database import Database
from storage.instants import DAY_US, to_datetime
from storage.raw_frames import raw_frames_of
from tests.storage.rows import NOON_US, scalar
from tests.storage.test_frame_packs import frames_of_a_day, store

CLOSED = to_datetime(NOON_US + DAY_US // 2) + CLUSTER_AFTER * 2


async def test_a_day_is_packed_beside(plain_database: Database) -> None:
    frames = frames_of_a_day(1, 30)
    await store(plain_database, frames, 1)
    url = plain_database.url
    assert await pack_beside(url, "plain", CLOSED) is not None
    assert await pack_beside(url, "plain", CLOSED) is None, "once"
    conn = await plain_database.connect()
    try:
        assert await scalar(conn, "SELECT count(*) FROM raw_frames WHERE frames IS NULL") == 0
        assert await raw_frames_of(conn, 1, 0, NOON_US + DAY_US) == frames
    finally:
        await conn.close()


async def test_what_the_process_complains_of_is_told() -> None:
    with pytest.raises(ChildProblem, match="XUNJI_DATABASE__URL"):
        await pack_beside("postgresql://nobody@127.0.0.1:9/none", "plain", CLOSED)
