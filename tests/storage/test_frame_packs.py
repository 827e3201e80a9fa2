"""Packs of frames: what goes in comes out, and a closed day is asked for as before."""

from __future__ import annotations

import base64
import lzma
import random
from collections.abc import AsyncIterator
from functools import reduce
from operator import xor

import numpy as np
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.frames import RawFrame
from model.position import PositionBatch, empty_rows
from storage.columnstore import CLUSTER_AFTER
from storage.database import Connection, Database
from storage.frame_forms import FEW, MAX_WIDTH
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
PACKS_OF_BEFORE = [
    (
        "eJxjZWBgYOcCAkYQYAIBNhBgGEQA7CowKxEEkkAgGQQMDI2MTQCURwck",
        [b"\x02\x00abc0", b"\x02\x00abc1", b"\x02\x00abc2", b"\x02\x00abc3", b"\x02\x00abc4"],
    ),
    (
        "eJxjZmBgYOfiYmRkZGJiYmZgZaAByM9LLckoSk0FACIrA4o=",
        [b"one", b"", b"three"],
    ),
]
# Frames of each kind: in a pack all of one, as from one terminal, or of all.
_NUMBERS = st.from_regex(rb"-?[0-9]{1,21}(\.[0-9]{1,12})?", fullmatch=True)
_KINDS = (
    st.binary(max_size=40),
    st.binary(min_size=12, max_size=12),
    st.lists(_NUMBERS, max_size=4).map(lambda numbers: b'{"%": ' + b", ".join(numbers) + b"}"),
    st.tuples(st.integers(0, 99), st.integers(0, 9_999)).map(lambda n: b'{"a":%d.%d,"b":0}' % n),
    st.builds(lambda body: body + bytes([sum(body) & 0xFF]), st.binary(min_size=9, max_size=9)),
)
_PACKS = st.one_of(
    *(
        st.lists(st.tuples(_TIMES, _TIMES, _TIMES, frame), min_size=1, max_size=40)
        for frame in (*_KINDS, st.one_of(*_KINDS))
    )
)


def frames_of(each: list[tuple[int, int, int, bytes]]) -> Frames:
    columns = (np.array(column, np.int64) for column in zip(*(e[:3] for e in each), strict=True))
    return Frames(*columns, [frame for *_, frame in each])


@given(_PACKS)
def test_a_pack_holds_what_went_in(each: list[tuple[int, int, int, bytes]]) -> None:
    assert list(unpack(pack(frames_of(each))).each()) == each


@given(
    st.lists(st.binary(max_size=20), min_size=FEW, max_size=20),
    st.sampled_from([1, 2, 7, 40, MAX_WIDTH]),
)
def test_frames_of_one_length_with_a_check_byte(bodies: list[bytes], length: int) -> None:
    checked = []
    for body in bodies:
        plain = b"\0" + body.ljust(length)[:length]
        checked.append(plain + bytes([reduce(xor, plain)]))
    each = [(n, n + 1, n + 2, frame) for n, frame in enumerate(checked)]
    assert list(unpack(pack(frames_of(each))).each()) == each


def test_frames_that_are_alike_take_little() -> None:
    """Each byte that says nothing new costs nothing; a place that moves costs what it moves."""
    chance = random.Random(3)
    places = np.cumsum([chance.randrange(-100, 100) for _ in range(400)]) + 118_800_000
    said = [b"\x02\0" + bytes(40) + place.to_bytes(4, "big") for place in places.tolist()]
    wire = [frame + bytes([reduce(xor, frame)]) for frame in said]
    text = [b'{"v":1,"type":"fix","lon":%s}' % repr(p / 1e6).encode() for p in places.tolist()]
    for bodies in (wire, text):
        each = [(10_000_000 * n, 10_000_000 * n, 0, body) for n, body in enumerate(bodies)]
        assert len(pack(frames_of(each))) < 1.5 * len(each)


def test_a_damaged_pack_is_not_believed() -> None:
    blob = bytearray(pack(frames_of([(n, n, n, b"%d" % n) for n in range(40)])))
    blob[-10] ^= 1
    with pytest.raises((ValueError, lzma.LZMAError)):
        unpack(bytes(blob))


def test_packs_of_before_are_read() -> None:
    """Made by the version before: DEFLATE, frames of one length in planes, and of two lengths."""
    for blob, bodies in PACKS_OF_BEFORE:
        each = [(7 + 10 * n, 8 + 10 * n, 9 + 10 * n, body) for n, body in enumerate(bodies)]
        assert list(unpack(base64.b64decode(blob)).each()) == each


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
    assert packs == 2 * 2 * 2, "twice four hours and two protocols, of two units"
    assert await raw_frames_of(conn, 1, *period) == before
    assert await raw_frames_of(conn, 2, 0, NOON_US + 9 * DAY_US) == frames[2]
    assert await raw_frames_of(conn, 1, *period, limit=3) == before[:3]
    assert await scalar(conn, "SELECT count(*) FROM pg_class WHERE relname = 'packed'") == 0
    # One comes late: it is found among them, and a day that is rewritten again loses nothing.
    late = RawFrame(1, from_us + SECOND_US, from_us + SECOND_US, NOON_US, "jt808", b"late")
    await store(database, [late], 2)
    assert late in await raw_frames_of(conn, 1, *period)
    await conn.execute("ANALYZE raw_frames")
    found = await usage(conn, database.mode)
    assert [day.rows for day in found.days["raw_frames"]] == [801, 800]


async def test_what_comes_while_a_day_is_packed_is_packed_too(
    plain_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames = frames_of_a_day(1, 300)
    await store(plain_database, frames[1:], 1)
    made = 0

    def meanwhile(some: Frames) -> bytes:
        nonlocal made
        made += 1
        if made == 1:
            with psycopg.connect(plain_database.url) as other:
                late = frames[0]
                times = (to_datetime(us) for us in (late.time_us, late.until_us, late.received_us))
                row = (late.device_id, *times, late.protocol, late.frame)
                other.execute("INSERT INTO raw_frames VALUES (%s, %s, %s, %s, %s, %s)", row)
        return pack(some)

    monkeypatch.setattr("storage.frame_packing.pack", meanwhile)
    conn = await plain_database.connect()
    try:
        assert await pack_one_day(conn, "plain", CLOSED) is not None
        assert await raw_frames_of(conn, 1, 0, NOON_US + DAY_US) == frames
        assert await scalar(conn, "SELECT count(*) FROM raw_frames WHERE frames IS NULL") == 0
        packs = await scalar(conn, "SELECT count(*) FROM raw_frames")
    finally:
        await conn.close()
    assert (packs, made) == (4, 5), "the hours into which it came are packed anew"
