"""Photos that rules ask terminals for: queued in the transaction that raises the violation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from model.photo import LONGEST_WAIT_S, PhotoOrder
from storage.commands import queue_command
from storage.instants import to_datetime

Connection = AsyncConnection[Any]
PROTOCOL = "jt808"  # whose terminals know the order
HOUR_US = 3_600_000_000

_WANTED = """
SELECT v.id, v.organisation_id, v.device_id, r.photo FROM violations v
JOIN rules r ON r.id = v.rule_id AND r.version = v.rule_version
JOIN devices d ON d.id = v.device_id
WHERE v.id = ANY(%(ids)s) AND r.photo IS NOT NULL AND d.protocol = %(protocol)s
  AND NOT v.late AND NOT v.shadow AND v.storm_id IS NULL
ORDER BY v.id
"""
_ORDERED = """
SELECT count(*) FROM commands WHERE device_id = %(device)s AND kind = 'photo'
  AND created_by IS NULL AND created_at > %(since)s
"""


async def order_photos(conn: Connection, violation_ids: Sequence[int], now_us: int) -> None:
    """One order for each violation just raised whose rule asks for a photo, up to the terminal's
    share of the hour; the violation's log tells. Nothing for late ones, trials and storms."""
    if not violation_ids:
        return
    values = {"ids": list(violation_ids), "protocol": PROTOCOL}
    wanted = await (await conn.execute(_WANTED, values)).fetchall()
    for violation_id, organisation_id, device_id, photo in wanted:
        order = msgspec.convert(photo, PhotoOrder)
        since = {"device": device_id, "since": to_datetime(now_us - HOUR_US)}
        row = await (await conn.execute(_ORDERED, since)).fetchone()
        detail: dict[str, Any] = {"channel": order.channel}
        if row is not None and row[0] >= order.per_hour:
            detail |= {"refused": "per_hour", "limit": order.per_hour}
        else:
            detail["command_id"] = await queue_command(
                conn,
                organisation_id=organisation_id,
                device_id=device_id,
                violation_id=violation_id,
                kind="photo",
                body={n: getattr(order, n) for n in ("channel", "shots", "resolution")},
                created_by=None,
                now_us=now_us,
                expires_after_s=LONGEST_WAIT_S,
            )
        await conn.execute(
            "INSERT INTO violation_log (violation_id, at, action, detail)"
            " VALUES (%s, %s, 'photo', %s)",
            (violation_id, to_datetime(now_us), Jsonb(detail)),
        )
