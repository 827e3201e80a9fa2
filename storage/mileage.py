"""What units drove, by unit or organisation, and by day, week or month, out of daily summaries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from psycopg.rows import dict_row

from storage.database import Connection

Row = dict[str, Any]
By = Literal["device", "organisation", "all"]
Per = Literal["period", "day", "week", "month"]
MAX_ROWS = 100_000

_NO_UNIT = ("NULL::text AS plate", "NULL::text AS kind")
# by: the columns that name a row.
_WHO = {
    "device": ("d.id", "d.name", "d.plate", "d.kind", "o.name AS organisation"),
    "organisation": ("o.id", "o.name", *_NO_UNIT, "o.name AS organisation"),
    "all": ("NULL::int AS id", "NULL::text AS name", *_NO_UNIT, "NULL::text AS organisation"),
}
# per: the day on which the row's time begins. Weeks begin on Mondays.
_WHEN = {
    "period": "NULL::date",
    "day": "s.day",
    "week": "date_trunc('week', s.day::timestamp)::date",
    "month": "date_trunc('month', s.day::timestamp)::date",
}
_SUMS = """
count(DISTINCT s.device_id) AS units, count(*) AS days, sum(s.fixes)::bigint AS fixes,
sum(s.distance_mm)::bigint AS distance_mm, sum(s.moving_us)::bigint AS moving_us,
sum(s.idle_us)::bigint AS idle_us, sum(s.work_us)::bigint AS work_us,
sum(s.unknown_us)::bigint AS unknown_us, max(s.max_speed_kmh_e1) AS max_speed_kmh_e1,
min(s.first_at) AS first_at, max(s.last_at) AS last_at,
(sum(s.odometer_last_m - s.odometer_first_m)
  FILTER (WHERE s.odometer_readings > 1 AND NOT s.odometer_reset))::bigint AS odometer_m
"""
# A day belongs to the organisation that the unit was of when it ended.
_DAYS = """
FROM daily_summaries s JOIN devices d ON d.id = s.device_id AND d.kind <> 'inspector'
JOIN organisations o ON o.id = s.organisation_id
WHERE s.day BETWEEN %(first)s AND %(last)s AND s.organisation_id = ANY(%(organisations)s)
  AND (%(device)s::int IS NULL OR s.device_id = %(device)s)
  AND (%(organisation)s::int IS NULL OR s.organisation_id = %(organisation)s)
  AND (%(kind)s::text IS NULL OR d.kind = %(kind)s)
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Local days from `first` to `last`; null: of every unit, organisation, kind that is seen."""

    first: date
    last: date
    device_id: int | None = None
    organisation_id: int | None = None
    kind: str | None = None


async def mileage(
    conn: Connection, organisations: Sequence[int], wanted: Wanted, *, by: By, per: Per
) -> list[Row]:
    """Sums, a row each who and when that has fixes; columns as in `_SUMS`."""
    query = f"""
SELECT {", ".join(_WHO[by])}, {_WHEN[per]} AS begins, {_SUMS} {_DAYS}
GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 6 NULLS FIRST, 5, 2, 1 LIMIT %(limit)s
"""
    parameters = {
        "organisations": list(organisations), "first": wanted.first, "last": wanted.last,
        "device": wanted.device_id, "organisation": wanted.organisation_id,
        "kind": wanted.kind, "limit": MAX_ROWS,
    }  # fmt: skip
    async with conn.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query.encode(), parameters)
        return await cursor.fetchall()
