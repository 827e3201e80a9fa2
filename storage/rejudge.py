"""Devices to be judged anew, because something that was in force then has been entered afterwards.

Whoever enters it calls `ask` in the transaction of the change, which bumps the rulebook's revision:
the worker looks here when it has read the new rulebook.
"""

from __future__ import annotations

from collections.abc import Iterable

from storage.database import Connection
from storage.instants import DAY_US, from_datetime, to_datetime

MAX_BACK_US = 7 * DAY_US  # further back nothing is judged anew: a replay holds up the present


async def ask(conn: Connection, device_ids: Iterable[int], from_us: int) -> None:
    """Judge these devices anew from an event time on; one that lies ahead changes nothing."""
    await conn.execute(
        "INSERT INTO rejudge (device_id, from_time) SELECT unnest(%s::int[]), %s",
        (list(device_ids), to_datetime(from_us)),
    )


async def asked(conn: Connection, now_us: int) -> tuple[int, dict[int, int]]:
    """The last request's number (0: none) and what is asked: device -> from, cut to MAX_BACK_US."""
    cursor = await conn.execute(
        "SELECT device_id, greatest(min(from_time), %s), max(id) FROM rejudge GROUP BY device_id",
        (to_datetime(now_us - MAX_BACK_US),),
    )
    rows = await cursor.fetchall()
    return max((row[2] for row in rows), default=0), {r[0]: from_datetime(r[1]) for r in rows}


async def done(conn: Connection, last_id: int) -> None:
    """Forget the requests up to this number."""
    if last_id:
        await conn.execute("DELETE FROM rejudge WHERE id <= %s", (last_id,))
