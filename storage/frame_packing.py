"""Closed days of raw frames, packed: where nothing compresses them, some hours of a unit a row.

The counterpart of the columnstore on plain PostgreSQL and on the Apache edition. Packs are made
beside those who write; then the day is rewritten as a whole in one transaction, so that its disk is
free at once; that it is done is marked as for clustered days. What comes late after that stays as
single rows among the packs.
"""

from __future__ import annotations

import asyncio
import struct
from datetime import datetime

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg import sql
from psycopg.pq.abc import PGresult

from storage.columnstore import LOCK_LIMIT, closed_days
from storage.copy_format import HEADER, TRAILER
from storage.database import Connection, Mode
from storage.frame_forms import cut
from storage.frame_packs import Frames, pack, unpack
from storage.instants import POSTGRES_EPOCH_US

HOURS = 4  # of a pack: what is read of ten minutes takes a few milliseconds
MAX_FRAMES = 20_000  # of a pack: a unit that floods has more of them
TOGETHER = 100  # packs that are made in one go: some 20 MB of frames

_BEGAN = f"date_bin('{HOURS} hours', f.time, '2000-01-01 00:00Z')"
# All of a unit's hours in one row, its frames in order, unless there is a pack of them; values stay
# as the wire has them.
_HOURS = f"""
DECLARE hours NO SCROLL CURSOR FOR
SELECT device_id, protocol,
       array_agg(time ORDER BY time, received_at), array_agg(until ORDER BY time, received_at),
       array_agg(received_at ORDER BY time, received_at),
       array_agg(octet_length(frame)::bigint ORDER BY time, received_at),
       string_agg(frame, ''::bytea ORDER BY time, received_at)
FROM (SELECT *, {_BEGAN} AS began FROM {{}} f WHERE frames IS NULL) AS r
WHERE NOT EXISTS (
    SELECT FROM (SELECT device_id, protocol, {_BEGAN} AS began FROM packed f) AS p
    WHERE (p.device_id, p.protocol, p.began) = (r.device_id, r.protocol, r.began))
GROUP BY device_id, protocol, began
"""  # noqa: S608 the text is ours
# Packs of hours into which frames came meanwhile, or of which some went. Frames never change.
_FORGET_CHANGED = f"""
WITH changed AS (
    SELECT device_id, protocol, began FROM
      (SELECT device_id, protocol, {_BEGAN} AS began, sum(frames) AS count FROM packed f
       GROUP BY 1, 2, 3) AS made
      LEFT JOIN (SELECT device_id, protocol, {_BEGAN} AS began, count(*) AS count FROM {{}} f
                 WHERE frames IS NULL GROUP BY 1, 2, 3) AS there
      USING (device_id, protocol, began)
    WHERE made.count IS DISTINCT FROM there.count)
DELETE FROM packed f WHERE (device_id, protocol, {_BEGAN}) IN (SELECT * FROM changed)
"""  # noqa: S608 the text is ours
_FETCH = f"FETCH {TOGETHER} FROM hours"
_COPY = """
COPY packed (device_id, protocol, time, until, received_at, frames, frame)
FROM STDIN (FORMAT BINARY)
"""
_REWRITE = (
    "INSERT INTO packed SELECT * FROM {0} WHERE frames IS NOT NULL",
    "TRUNCATE {0}",
    "INSERT INTO {0} SELECT * FROM packed",
    "CLUSTER {0} USING {1}",
    "ANALYZE {0}",
    "DROP TABLE packed",
)
_ARRAY_HEAD = 5 * 4  # dimensions, nulls, type, length, lower bound
_ELEMENT = [("length", ">i4"), ("value", ">i8")]


async def pack_one_day(conn: Connection, mode: Mode, now: datetime) -> str | None:
    """Pack the oldest closed day of raw frames that is not; its name. `conn` in autocommit.

    Late frames of the day wait in the spool while it is rewritten.
    """
    for name, index in await closed_days(conn, mode, "raw_frames", now):
        try:
            await _pack(conn, sql.SQL(name), sql.SQL(index))
        except psycopg.errors.LockNotAvailable:
            continue
        return name
    return None


async def _pack(conn: Connection, table: sql.SQL, index: sql.SQL) -> None:
    await conn.execute("DROP TABLE IF EXISTS pg_temp.packed")  # of one that failed
    await conn.execute("CREATE TEMPORARY TABLE packed (LIKE raw_frames)")
    async with conn.transaction():
        await _pack_hours(conn, table)
    async with conn.transaction():
        await conn.execute("SELECT set_config('lock_timeout', %s, true)", (LOCK_LIMIT,))
        await conn.execute(sql.SQL("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE").format(table))
        await conn.execute(sql.SQL(_FORGET_CHANGED).format(table))
        await _pack_hours(conn, table)
        for statement in _REWRITE:
            await conn.execute(sql.SQL(statement).format(table, index))


async def _pack_hours(conn: Connection, table: sql.SQL) -> None:
    """Pack the hours of which there is no pack yet."""
    await conn.execute(sql.SQL(_HOURS).format(table))
    async with conn.cursor(binary=True) as cursor:
        while (await cursor.execute(_FETCH.encode())).rowcount:
            assert cursor.pgresult is not None
            payload = await asyncio.to_thread(_payload, cursor.pgresult)
            async with cursor.copy(_COPY.encode()) as copy:
                await copy.write(payload)
    await conn.execute("CLOSE hours")


def _payload(hours: PGresult) -> bytes:
    """The COPY stream of the packs."""
    parts = [HEADER]
    for row in range(hours.ntuples):
        values = [hours.get_value(row, column) or b"" for column in range(hours.nfields)]
        frames = _frames(values[2:])
        for start in range(0, len(frames.bodies), MAX_FRAMES):
            parts += _tuple(values[:2], frames.part(start, start + MAX_FRAMES))
    return b"".join((*parts, TRAILER))


def _frames(values: list[bytes]) -> Frames:
    """Of the arrays of times and lengths, and all frames in one."""
    first, last, received = (_numbers(value) + POSTGRES_EPOCH_US for value in values[:3])
    lengths = _numbers(values[3])
    return Frames(first, last, received, cut(values[4], lengths))


def _tuple(unit: list[bytes], frames: Frames) -> list[bytes]:
    """The row of a pack, by columns of _COPY. Raises ValueError unless it can be read back: the
    frames themselves are gone then."""
    blob = pack(frames)
    if list(unpack(blob).each()) != list(frames.each()):
        raise ValueError("a pack of raw frames does not hold what it was made of")
    times = frames.time_us[0], frames.until_us.max(), frames.received_us.max()
    numbers = [struct.pack(">q", int(time_us) - POSTGRES_EPOCH_US) for time_us in times]
    count = struct.pack(">i", len(frames.bodies))
    values = (*unit, *numbers, count, blob)
    fields = [part for value in values for part in (struct.pack(">i", len(value)), value)]
    return [struct.pack(">h", len(values)), *fields]


def _numbers(array: bytes) -> NDArray[np.int64]:
    """The elements of a binary array of 8-byte integers or times."""
    return np.frombuffer(array, _ELEMENT, offset=_ARRAY_HEAD)["value"].astype(np.int64)
