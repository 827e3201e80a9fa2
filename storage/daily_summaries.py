"""Daily summaries of units: what is not summed up yet, and writing the sums.

What has come in is read off the journal into marks (device, from when) in the transaction that
moves the journal position on; a mark goes in the transaction that writes its sums. So each fix
counts once, whatever is killed when.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.days import DAY_DTYPE
from storage.database import Connection
from storage.instants import from_datetime, to_datetime

Days = NDArray[np.void]  # of DAY_DTYPE
SUMMARY_LOCK = 0x78756E6A6961  # advisory: whoever sums up holds it
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)

# Handsets of inspectors have no days: their shifts are summed up instead.
_NEWS = """
WITH news AS (
    SELECT device_id, min(from_time) AS from_time
    FROM (SELECT unnest(j.device_ids) AS device_id, unnest(j.from_times) AS from_time
          FROM ingest_journal j WHERE j.id > (SELECT journal_id FROM daily_progress)) AS rows
    GROUP BY device_id),
marked AS (
    INSERT INTO daily_dirty (device_id, from_time, marked_at)
    SELECT n.device_id, n.from_time, %(now)s FROM news n
    JOIN devices d ON d.id = n.device_id AND d.kind <> 'inspector'
    ON CONFLICT (device_id) DO UPDATE
    SET from_time = least(daily_dirty.from_time, excluded.from_time))
UPDATE daily_progress
SET journal_id = greatest(journal_id, (SELECT coalesce(max(id), 0) FROM ingest_journal))
"""
_MARK = """
INSERT INTO daily_dirty (device_id, from_time, marked_at)
SELECT w.device_id, w.from_time, %(marked)s
FROM unnest(%(devices)s::int[], %(times)s::timestamptz[]) AS w (device_id, from_time)
JOIN devices d ON d.id = w.device_id AND d.kind <> 'inspector'
ON CONFLICT (device_id) DO UPDATE
SET from_time = least(daily_dirty.from_time, excluded.from_time),
    marked_at = least(daily_dirty.marked_at, excluded.marked_at)
"""
_MARKS = """
SELECT m.device_id, m.from_time, m.marked_at, s.last_at FROM daily_dirty m
LEFT JOIN LATERAL (SELECT last_at FROM daily_summaries d WHERE d.device_id = m.device_id
                   ORDER BY d.day DESC LIMIT 1) s ON true
WHERE %(device)s::int IS NULL OR m.device_id = %(device)s
ORDER BY m.marked_at DESC, m.device_id
"""
# How a part of a day joins the parts before it.
_JOINED = {
    "organisation_id": "excluded.{0}",
    "max_speed_kmh_e1": "greatest(s.{0}, excluded.{0})",
    "first_at": "least(s.{0}, excluded.{0})",
    "last_at": "greatest(s.{0}, excluded.{0})",
    "odometer_first_m": "CASE WHEN s.{0} < 0 THEN excluded.{0} ELSE s.{0} END",
    "odometer_last_m": "CASE WHEN excluded.{0} < 0 THEN s.{0} ELSE excluded.{0} END",
    "odometer_reset": "s.{0} OR excluded.{0} OR (excluded.odometer_first_m >= 0"
    " AND excluded.odometer_first_m < s.odometer_last_m)",
}
_SUM = "s.{0} + excluded.{0}"
_TYPES = {"i2": "smallint", "i4": "int", "i8": "bigint", "b1": "boolean"}


def _column(name: str) -> tuple[str, str]:
    """(name, array type) of a field in the table."""
    if name == "day":
        return name, "date"
    if name in {"first_us", "last_us"}:
        return name.replace("_us", "_at"), "timestamptz"
    return name, _TYPES[DAY_DTYPE[name].str[1:]]


_COLUMNS = dict(_column(name) for name in DAY_DTYPE.names or ())
_ADD = f"""
INSERT INTO daily_summaries AS s ({", ".join(_COLUMNS)})
SELECT * FROM unnest({", ".join(f"%s::{kind}[]" for kind in _COLUMNS.values())})
ON CONFLICT (device_id, day) DO UPDATE SET {
    ", ".join(
        f"{name} = {_JOINED.get(name, _SUM).format(name)}"
        for name in _COLUMNS
        if name not in ("device_id", "day")
    )
}
"""  # noqa: S608 the text is ours


# Of units of which nothing waits, in the marks or in the journal.
_ANY_DAY = """
SELECT s.device_id, s.day, p.zone FROM daily_summaries s, daily_progress p
WHERE s.day >= %s AND s.device_id NOT IN (SELECT device_id FROM daily_dirty)
  AND s.device_id NOT IN (SELECT unnest(j.device_ids) FROM ingest_journal j
                          WHERE j.id > p.journal_id)
ORDER BY random() LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Mark:
    """`last_us`: the newest fix that is summed up; None: none is."""

    device_id: int
    from_us: int
    marked_us: int
    last_us: int | None


async def read_news(conn: Connection, now_us: int) -> None:
    """Mark the units of which the journal has news, and move on behind it."""
    await conn.execute(_NEWS, {"now": to_datetime(now_us)})


async def mark(conn: Connection, from_us: Mapping[int, int]) -> None:
    """Sum these units up anew from a time on, without waiting for more that is late."""
    times = [to_datetime(time_us) for time_us in from_us.values()]
    await conn.execute(_MARK, {"devices": list(from_us), "times": times, "marked": LONG_AGO})


async def mark_all(conn: Connection, from_us: int, device_id: int | None = None) -> int:
    """As `mark`, for every vehicle, or for one; how many."""
    cursor = await conn.execute(
        "SELECT id FROM devices WHERE kind <> 'inspector' AND (%s::int IS NULL OR id = %s)",
        (device_id, device_id),
    )
    wanted = {int(row[0]): from_us for row in await cursor.fetchall()}
    await mark(conn, wanted)
    return len(wanted)


async def settle_zone(conn: Connection, zone: str) -> bool:
    """Whether the days are of another zone, or were never made: then all are made anew."""
    cursor = await conn.execute(
        "UPDATE daily_progress SET zone = %s WHERE zone IS DISTINCT FROM %s", (zone, zone)
    )
    if not cursor.rowcount:
        return False
    await mark_all(conn, from_datetime(LONG_AGO))
    return True


async def marks(conn: Connection, device_id: int | None = None) -> list[Mark]:
    """What is to be summed up, of one unit or of all, the longest waiting last."""
    cursor = await conn.execute(_MARKS, {"device": device_id})
    return [
        Mark(row[0], from_datetime(row[1]), from_datetime(row[2]), row[3] and from_datetime(row[3]))
        for row in await cursor.fetchall()
    ]


async def forget_marks(conn: Connection, device_ids: Iterable[int]) -> None:
    """These units are summed up."""
    await conn.execute("DELETE FROM daily_dirty WHERE device_id = ANY(%s)", (list(device_ids),))


async def move_mark(conn: Connection, device_id: int, from_us: int) -> None:
    """A unit is summed up to a time."""
    await conn.execute(
        "UPDATE daily_dirty SET from_time = %s WHERE device_id = %s",
        (to_datetime(from_us), device_id),
    )


async def forget_days(conn: Connection, device_id: int, first: date, end: date | None) -> None:
    """Drop a unit's days in [first, end)."""
    await conn.execute(
        "DELETE FROM daily_summaries WHERE device_id = %s AND day >= %s"
        " AND (%s::date IS NULL OR day < %s)",
        (device_id, first, end, end),
    )


async def add_days(conn: Connection, days: Days) -> None:
    """Add parts of days, each later than what is there of its unit."""
    if len(days):
        await conn.execute(_ADD.encode(), [_values(days, name) for name in DAY_DTYPE.names or ()])


def _values(days: Days, name: str) -> list[Any]:
    values: list[Any] = days[name].tolist()
    if name == "day":
        return [date.fromordinal(value) for value in values]
    return [to_datetime(value) for value in values] if name in {"first_us", "last_us"} else values


async def days_of(conn: Connection, device_id: int, first: date, last: date) -> Days:
    """A unit's days from `first` to `last`, in order."""
    cursor = await conn.execute(
        f"SELECT {', '.join(_COLUMNS)} FROM daily_summaries"  # noqa: S608
        " WHERE device_id = %s AND day BETWEEN %s AND %s ORDER BY day".encode(),
        (device_id, first, last),
    )
    rows = await cursor.fetchall()
    found = np.zeros(len(rows), DAY_DTYPE)
    for index, row in enumerate(rows):
        found[index] = tuple(map(_number, row))
    return found


def _number(value: Any) -> Any:
    if isinstance(value, datetime):
        return from_datetime(value)
    return value.toordinal() if isinstance(value, date) else value


async def any_day(conn: Connection, since: date) -> tuple[int, date, str] | None:
    """A settled day picked by chance, and the zone of days: (unit, day, zone)."""
    row = await (await conn.execute(_ANY_DAY, (since,))).fetchone()
    return None if row is None else (row[0], row[1], row[2])


async def drop_old_days(conn: Connection, before: date) -> int:
    """Days before a date; how many."""
    return (await conn.execute("DELETE FROM daily_summaries WHERE day < %s", (before,))).rowcount
