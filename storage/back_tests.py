"""What a back-test is compared with: violations as they stand."""

from __future__ import annotations

from collections.abc import Sequence

from model.violations import StoredViolation
from storage.database import Connection
from storage.instants import from_datetime, to_datetime

_RAISED = """
SELECT id, device_id, rule_id, started_at, ended_at, last_at, status, finding,
  CASE WHEN measures ? 'duty' THEN measures ELSE '{}' END
FROM violations
WHERE device_id = ANY(%(devices)s) AND started_at < %(to)s AND last_at >= %(from)s
  AND finding = 'standing' AND NOT shadow AND kind = %(kind)s
  AND (%(rule)s = 0 OR rule_id = %(rule)s)
ORDER BY started_at, id
"""


async def raised_between(
    conn: Connection, device_ids: Sequence[int], period_us: tuple[int, int], kind: str, rule_id: int
) -> list[StoredViolation]:
    """Standing violations of a rule that reach into [from, to); rule 0: of every rule of the
    kind."""
    parameters = {
        "devices": list(device_ids),
        "from": to_datetime(period_us[0]),
        "to": to_datetime(period_us[1]),
        "kind": kind,
        "rule": rule_id,
    }
    cursor = await conn.execute(_RAISED, parameters)
    return [
        StoredViolation(
            id=row[0],
            device_id=row[1],
            rule_id=row[2],
            started_us=from_datetime(row[3]),
            ended_us=from_datetime(row[4]) if row[4] else None,
            last_us=from_datetime(row[5]),
            status=row[6],
            finding=row[7],
            measures=row[8],
        )
        for row in await cursor.fetchall()
    ]
