"""The slower way in: which rows of a batch are new, and under which variant.

Taken for some seconds after a unique violation. The batch goes into a temporary table and is
compared there: a row equal to a stored one, or to an earlier one of its batch, is a duplicate; a
different report of the same device and second gets the next variant. Not compared: the variant,
the delay (a report sent twice arrives later) and the organisation (not part of the report).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from psycopg import sql

from model.position import PositionBatch
from storage.copy_format import POSITION_COLUMNS, copy_payload
from storage.database import Connection
from storage.instants import to_datetime

MAX_VARIANT = 999  # different reports of one device for one instant; what comes above is refused
_NOT_COMPARED = {"device_id", "organisation_id", "time", "variant", "delay_ms", "attributes"}
_COMPARED = [sql.Identifier(name) for name in POSITION_COLUMNS if name not in _NOT_COMPARED]

_COLUMNS = ", ".join(POSITION_COLUMNS)
_TABLE = """
CREATE TEMPORARY TABLE IF NOT EXISTS incoming (LIKE positions) ON COMMIT DELETE ROWS
"""
# The temporary table has no statistics: without this a planner may hash whole partitions.
_PLAN = "SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off"

_EQUAL = sql.SQL(
    "p.device_id = i.device_id AND p.time = i.time"
    " AND p.time BETWEEN %(from)s AND %(to)s"
    " AND ({stored}) = ({incoming}) AND p.attributes IS NOT DISTINCT FROM i.attributes"
).format(
    stored=sql.SQL(", ").join(sql.SQL("p.{}").format(name) for name in _COMPARED),
    incoming=sql.SQL(", ").join(sql.SQL("i.{}").format(name) for name in _COMPARED),
)
_NEW = sql.SQL(
    """
WITH new AS (
    SELECT min(i.delay_ms) AS ordinal, i.device_id, i.time FROM incoming i
    WHERE NOT EXISTS (SELECT 1 FROM positions p WHERE {equal})
    GROUP BY i.device_id, i.time, {compared}, i.attributes
)
SELECT n.ordinal,
       coalesce((SELECT max(p.variant) FROM positions p
                 WHERE p.device_id = n.device_id AND p.time = n.time), -1)
       + row_number() OVER (PARTITION BY n.device_id, n.time ORDER BY n.ordinal)
FROM new n ORDER BY n.ordinal
"""
).format(equal=_EQUAL, compared=sql.SQL(", ").join(sql.SQL("i.{}").format(c) for c in _COMPARED))
_STORED = sql.SQL(
    "SELECT DISTINCT ON (i.delay_ms) i.delay_ms, p.variant FROM incoming i"
    " JOIN positions p ON {equal} ORDER BY i.delay_ms, p.variant"
).format(equal=_EQUAL)


@dataclass(frozen=True, slots=True)
class Sorted:
    """`fresh`: rows to insert, with their variants; `over`: indexes beyond MAX_VARIANT."""

    fresh: PositionBatch
    over: list[int]


async def sort_out(conn: Connection, batch: PositionBatch) -> Sorted:
    """Compare a batch with what is stored. Inside the transaction that will insert the rest."""
    found = await _compare(conn, batch, _NEW)
    variants = np.array([variant for _, variant in found], np.int64)
    ordinals = np.array([ordinal for ordinal, _ in found], np.intp)
    fits = variants <= MAX_VARIANT
    return Sorted(_take(batch, ordinals[fits], variants[fits]), [int(i) for i in ordinals[~fits]])


async def find_stored(conn: Connection, batch: PositionBatch) -> PositionBatch:
    """The rows of a batch that are stored, with the variants that they have there."""
    async with conn.transaction():
        found = await _compare(conn, batch, _STORED)
    ordinals = np.array([ordinal for ordinal, _ in found], np.intp)
    return _take(batch, ordinals, np.array([variant for _, variant in found], np.int64))


def _take(
    batch: PositionBatch, ordinals: NDArray[np.intp], variants: NDArray[np.int64]
) -> PositionBatch:
    taken = batch.take(ordinals)
    taken.rows["variant"] = variants
    return taken


async def _compare(
    conn: Connection, batch: PositionBatch, query: sql.Composed
) -> list[tuple[int, int]]:
    if not len(batch):
        return []
    # The ordinal travels in delay_ms, which is not compared.
    numbered = PositionBatch(batch.rows.copy(), batch.attributes)
    numbered.rows["delay_ms"] = np.arange(len(batch))
    await conn.execute("SET LOCAL client_min_messages = warning")
    await conn.execute(_TABLE)
    await conn.execute(_PLAN)
    await copy_positions(conn, numbered, "incoming")
    times = batch.rows["time_us"]
    period = {"from": to_datetime(times.min()), "to": to_datetime(times.max())}
    return [(int(a), int(b)) for a, b in await (await conn.execute(query, period)).fetchall()]


async def copy_positions(conn: Connection, batch: PositionBatch, table: str = "positions") -> None:
    """One binary COPY of a batch."""
    if not len(batch):
        return
    statement = f"COPY {table} ({_COLUMNS}) FROM STDIN (FORMAT BINARY)"
    async with conn.cursor() as cursor, cursor.copy(statement.encode()) as copy:
        await copy.write(copy_payload(batch))
