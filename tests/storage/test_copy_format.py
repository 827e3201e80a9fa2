"""The vectorised COPY stream says what the plain one says, and the server reads it so."""

from __future__ import annotations

import json

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from model.frames import RawFrame
from model.position import POSITION_DTYPE, PositionBatch, Rows
from storage.copy_format import (
    HEADER,
    TRAILER,
    copy_payload,
    frames_payload,
    journal_payload,
    parse_columns,
    position_row,
)
from storage.database import Connection, Database
from storage.partitions import Partitions, day_of
from storage.raw_frames import raw_frames_of
from storage.tracks import positions_with_attributes
from storage.variants import copy_positions
from tests.storage.rows import NOON_US, any_rows, fixes

ATTRIBUTES = st.none() | st.dictionaries(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=4),
    st.integers() | st.booleans() | st.text('巡迹 a"\\', max_size=4),
    max_size=3,
).map(json.dumps)


@given(
    any_rows().flatmap(
        lambda rows: st.tuples(
            st.just(rows), st.lists(ATTRIBUTES, min_size=len(rows), max_size=len(rows))
        )
    )
)
def test_vectorised_and_plain_agree(case: tuple[Rows, list[str | None]]) -> None:
    rows, attributes = case
    plain = [position_row(row, text) for row, text in zip(rows, attributes, strict=True)]
    payload = copy_payload(PositionBatch(rows, attributes))
    assert payload == b"".join([HEADER, *plain, TRAILER])


async def copy_in(conn: Connection, statement: bytes, payload: bytes) -> None:
    copying = statement + b" FROM STDIN (FORMAT BINARY)"
    async with conn.cursor() as cursor, cursor.copy(copying) as copy:
        await copy.write(payload)


async def test_the_server_reads_extremes_as_meant(database: Database) -> None:
    info = [np.iinfo(POSITION_DTYPE[name]) for name in POSITION_DTYPE.names or ()]
    batch = fixes([0, 1, 2], attributes=[None, '{"battery_pct": 80}', '{"说明": "\\u00e9"}'])
    for name, limits in zip(POSITION_DTYPE.names or (), info, strict=True):
        if name not in ("device_id", "time_us"):
            batch.rows[name][:2] = [limits.min, limits.max]
    conn = await database.connect()
    if database.mode == "plain":
        await Partitions().ensure(conn, [day_of(NOON_US)])
    await copy_positions(conn, batch)
    found = await positions_with_attributes(conn, 1, NOON_US, NOON_US + 10_000_000)
    assert found.rows.tolist() == batch.rows.tolist()
    assert [text and json.loads(text) for text in found.attributes] == [
        None,
        {"battery_pct": 80},
        {"说明": "é"},
    ]
    await conn.close()


async def test_frames_come_back(database: Database) -> None:
    frames = [
        RawFrame(1, NOON_US, NOON_US + 5, NOON_US + 7, "jt808", bytes(range(256))),
        RawFrame(1, NOON_US + 1, NOON_US + 1, NOON_US + 9, "handset", b""),
    ]
    conn = await database.connect()
    if database.mode == "plain":
        await Partitions().ensure(conn, [day_of(NOON_US)])
    statement = b"COPY raw_frames (device_id, time, until, received_at, protocol, frame)"
    await copy_in(conn, statement, frames_payload(frames))
    assert await raw_frames_of(conn, 1, NOON_US, NOON_US + 10) == frames
    assert await raw_frames_of(conn, 1, NOON_US + 3, NOON_US + 10) == frames[:1]
    assert await raw_frames_of(conn, 2, NOON_US, NOON_US + 10) == []
    await conn.close()


async def test_the_journal_row_comes_back(plain_database: Database) -> None:
    conn = await plain_database.connect()
    statement = b"COPY ingest_journal (id, tick, rows, device_ids, from_times)"
    for key, devices in ((1, [3, 5]), (2, [])):
        times = np.array([NOON_US + d for d in devices], np.int64)
        payload = journal_payload(key, NOON_US, 7, np.array(devices, np.int32), times)
        await copy_in(conn, statement, payload)
    cursor = await conn.execute(
        "SELECT id, extract(epoch FROM tick) * 1000000, rows, device_ids,"
        " ARRAY(SELECT extract(epoch FROM t) * 1000000 FROM unnest(from_times) t)"
        " FROM ingest_journal ORDER BY id"
    )
    assert await cursor.fetchall() == [
        (1, NOON_US, 7, [3, 5], [NOON_US + 3, NOON_US + 5]),
        (2, NOON_US, 7, [], []),
    ]
    await conn.close()


def test_no_rows_are_no_rows() -> None:
    assert len(parse_columns([None] * len(POSITION_DTYPE.names or ()))) == 0
