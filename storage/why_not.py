"""What is stored about a device, a rule and a time, for the question why nothing was raised."""

from __future__ import annotations

from typing import Any, NamedTuple

from storage.database import Connection
from storage.instants import from_datetime, to_datetime

_RAISED = """
SELECT id, finding, storm_id FROM violations
WHERE device_id = %(device)s AND rule_id = %(rule)s
  AND (started_at <= %(at)s OR (measures->>'window_from_us')::bigint <= %(at_us)s)
  AND coalesce(ended_at, last_at) >= %(at)s
ORDER BY finding = 'standing' DESC, id DESC LIMIT 1
"""


class Raised(NamedTuple):
    """A violation, whether it stands, and the storm that inhibits it."""

    id: int
    stands: bool
    storm_id: int | None


async def raised_at(conn: Connection, device_id: int, rule_id: int, at_us: int) -> Raised | None:
    """The violation of a rule that covers a time."""
    parameters: dict[str, Any] = {"device": device_id, "rule": rule_id, "at": to_datetime(at_us)}
    parameters["at_us"] = at_us
    row = await (await conn.execute(_RAISED, parameters)).fetchone()
    return Raised(row[0], row[1] == "standing", row[2]) if row else None


async def raised_between(
    conn: Connection, device_id: int, rule_id: int, period_us: tuple[int, int]
) -> list[tuple[int, bool, int, int]]:
    """(id, stands, from, to) of a rule's violations in a period, those that stand last."""
    cursor = await conn.execute(
        "SELECT id, finding = 'standing', started_at, coalesce(ended_at, last_at) FROM violations"
        " WHERE device_id = %s AND rule_id = %s AND started_at < %s"
        " AND coalesce(ended_at, last_at) >= %s ORDER BY 2, id",
        (device_id, rule_id, to_datetime(period_us[1]), to_datetime(period_us[0])),
    )
    return [
        (row[0], row[1], from_datetime(row[2]), from_datetime(row[3]))
        for row in await cursor.fetchall()
    ]


async def committed_until(conn: Connection) -> int:
    """The newest judged tick: what was received before it is committed; 0: there is none yet."""
    row = await (await conn.execute("SELECT tick FROM judged WHERE partition = 0")).fetchone()
    return from_datetime(row[0]) if row and row[0] else 0
