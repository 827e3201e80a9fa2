"""The calendar's days; a change bumps the rulebook's revision."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from model.calendar import CalendarDay
from storage.database import Connection
from storage.rulebook_changes import bump_revision

_INSERT = b"""
INSERT INTO calendar_days (date, kind, name)
SELECT * FROM unnest(%s::date[], %s::text[], %s::text[]) ON CONFLICT (date)
"""
_KEEP = _INSERT + b"DO NOTHING"
_REPLACE = _INSERT + (
    b"DO UPDATE SET kind = excluded.kind, name = excluded.name"
    b" WHERE (calendar_days.kind, calendar_days.name) <> (excluded.kind, excluded.name)"
)


async def load_calendar(conn: Connection) -> tuple[CalendarDay, ...]:
    """Every day that is not what its weekday says, in order."""
    cursor = await conn.execute("SELECT date, kind, name FROM calendar_days ORDER BY date")
    return tuple(
        CalendarDay(date=row[0], kind=row[1], name=row[2]) for row in await cursor.fetchall()
    )


async def save_calendar(
    conn: Connection,
    days: Sequence[CalendarDay],
    plain: Sequence[date] = (),
    *,
    keep: bool = False,
) -> int:
    """Set these days, and make the `plain` ones what their weekday says; how many changed.

    `keep`: days that are there already stay as they are.
    """
    async with conn.transaction():
        await bump_revision(conn)
        saved = await conn.execute(
            _KEEP if keep else _REPLACE,
            (
                [day.date for day in days],
                [day.kind for day in days],
                [day.name for day in days],
            ),
        )
        gone = await conn.execute("DELETE FROM calendar_days WHERE date = ANY(%s)", (list(plain),))
    return saved.rowcount + gone.rowcount
