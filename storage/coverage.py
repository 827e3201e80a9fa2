"""Which units were assigned which work roads in a period, for the report of what they covered."""

from __future__ import annotations

from collections.abc import Sequence

from model.fences import Fence
from storage.database import Connection
from storage.instants import to_datetime
from storage.rulebook import fence_of

MAX_PAIRS = 50  # units times fences: each is a read of the whole period

# Of a fence that has changed meanwhile the last version counts.
_WORK_ROADS = """
SELECT DISTINCT ON (a.fence_id, a.device_id) a.device_id, d.name, d.kind,
       f.id, f.version, f.organisation_id, f.responsible_organisation_id, f.name, f.code, f.shape,
       f.geometry, f.radius_m, f.half_width_m, f.tags, f.valid_from, f.valid_to, f.waypoints
FROM assignments a
JOIN devices d ON d.id = a.device_id
JOIN fences f ON f.id = a.fence_id
WHERE a.purpose = 'work_road' AND d.organisation_id = ANY(%(organisations)s)
  AND a.valid_from < %(to)s AND a.valid_to > %(from)s
  AND f.valid_from < %(to)s AND f.valid_to > %(from)s
  AND f.shape IN ('corridor', 'route', 'road_set')
  AND (%(device)s::int IS NULL OR a.device_id = %(device)s)
  AND (%(fence)s::int IS NULL OR a.fence_id = %(fence)s)
ORDER BY a.fence_id, a.device_id, f.valid_from DESC
LIMIT %(limit)s
"""


async def work_roads(
    conn: Connection,
    organisations: Sequence[int],
    period_us: tuple[int, int],
    device_id: int | None,
    fence_id: int | None,
) -> list[tuple[int, str, str, Fence]]:
    """(device, its name, its kind, fence) of visible units; at most MAX_PAIRS and one."""
    parameters = {
        "organisations": list(organisations),
        "from": to_datetime(period_us[0]),
        "to": to_datetime(period_us[1]),
        "device": device_id,
        "fence": fence_id,
        "limit": MAX_PAIRS + 1,
    }
    cursor = await conn.execute(_WORK_ROADS.encode(), parameters)
    rows = await cursor.fetchall()
    return [(row[0], row[1], row[2], fence_of(row[3:])) for row in rows]
