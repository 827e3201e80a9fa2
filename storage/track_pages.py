"""A unit's positions page by page, in memory that does not grow with the period."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from psycopg import sql

from model.position import PositionBatch, Rows
from storage.database import Connection
from storage.instants import from_datetime, to_datetime
from storage.tracks import ALL_VALUES, fetch_rows

PAGE_ROWS = 20_000
_PAGE = sql.SQL(
    "SELECT {values} FROM (SELECT * FROM positions p WHERE p.device_id = %(device)s"
    " AND p.time >= %(after)s AND p.time < %(to)s"
    " AND (p.time, p.variant) > (%(after)s, %(variant)s)"
    " AND p.organisation_id = ANY(%(organisations)s)"
    " ORDER BY p.time, p.variant LIMIT %(limit)s) p"
).format(values=ALL_VALUES)
_ATTRIBUTES = """
SELECT p.time, p.variant, p.attributes::text FROM positions p
WHERE p.device_id = %s AND p.time >= %s AND p.time <= %s AND p.attributes IS NOT NULL
"""


async def position_pages(
    conn: Connection,
    organisations: Sequence[int],
    device_id: int,
    period_us: tuple[int, int],
    page_rows: int = PAGE_ROWS,
) -> AsyncIterator[PositionBatch]:
    """Positions in [from, to) by time and variant, with attributes, `page_rows` at a time."""
    after_us, variant = period_us[0], -1
    while True:
        parameters = {
            "organisations": list(organisations),
            "device": device_id,
            "after": to_datetime(after_us),
            "variant": variant,
            "to": to_datetime(period_us[1]),
            "limit": page_rows,
        }
        rows = await fetch_rows(conn, _PAGE, parameters)
        if len(rows):
            yield PositionBatch(rows, await _attributes(conn, device_id, rows))
            after_us, variant = int(rows["time_us"][-1]), int(rows["variant"][-1])
        if len(rows) < page_rows:
            return


async def _attributes(conn: Connection, device_id: int, rows: Rows) -> list[str | None]:
    times = rows["time_us"]
    period = (device_id, to_datetime(times[0]), to_datetime(times[-1]))
    found = await (await conn.execute(_ATTRIBUTES, period)).fetchall()
    if not found:
        return []
    known = {(from_datetime(time), variant): text for time, variant, text in found}
    keys = zip(times.tolist(), rows["variant"].tolist(), strict=True)
    return [known.get(key) for key in keys]
