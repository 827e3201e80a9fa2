"""Patterns, rosters and the shifts that they make. A change of shifts bumps the revision."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

import msgspec
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from model.fences import Window
from model.rosters import Roster, ShiftPattern
from storage import rejudge
from storage.database import Connection
from storage.instants import from_datetime, to_datetime
from storage.rulebook_changes import bump_revision

Row = dict[str, Any]
Made = tuple[int, int, int]  # roster, start, end
MAX_LISTED = 2_000

_PATTERNS = """
SELECT id, organisation_id, name, zone, windows FROM shift_patterns
WHERE organisation_id = ANY(%s) ORDER BY name, id
"""
_INSERT_PATTERN = """
INSERT INTO shift_patterns (organisation_id, name, zone, windows) VALUES (%s, %s, %s, %s)
RETURNING id
"""
_ROSTERS = """
SELECT r.id, r.device_id, d.name AS device_name, d.organisation_id, r.pattern_id,
       p.name AS pattern_name, r.from_date, r.to_date
FROM rosters r JOIN devices d ON d.id = r.device_id JOIN shift_patterns p ON p.id = r.pattern_id
WHERE d.organisation_id = ANY(%(organisations)s)
  AND (%(device_id)s::int IS NULL OR r.device_id = %(device_id)s)
  AND (%(since)s::date IS NULL OR r.to_date IS NULL OR r.to_date >= %(since)s)
ORDER BY d.name, r.from_date, r.id LIMIT %(limit)s
"""
_ACTIVE = """
SELECT r.id, r.device_id, r.pattern_id, r.from_date, r.to_date, p.organisation_id, p.name, p.zone,
       p.windows
FROM rosters r JOIN shift_patterns p ON p.id = r.pattern_id
WHERE (r.to_date IS NULL OR r.to_date >= %(since)s) AND r.from_date <= %(until)s
  AND (%(ids)s::int[] IS NULL OR r.id = ANY(%(ids)s))
ORDER BY r.id
"""
_MADE = """
SELECT roster_id, starts_at, ends_at FROM shifts
WHERE roster_id IS NOT NULL AND starts_at >= %(since)s
  AND (%(ids)s::int[] IS NULL OR roster_id = ANY(%(ids)s))
"""
_UNMAKE = """
DELETE FROM shifts s USING unnest(%s::int[], %s::timestamptz[], %s::timestamptz[]) AS gone(r, a, b)
WHERE s.roster_id = gone.r AND s.starts_at = gone.a AND s.ends_at = gone.b RETURNING s.device_id
"""
_MAKE = """
INSERT INTO shifts (organisation_id, device_id, starts_at, ends_at, roster_id)
SELECT d.organisation_id, d.id, made.a, made.b, r.id
FROM unnest(%s::int[], %s::timestamptz[], %s::timestamptz[]) AS made(r, a, b)
JOIN rosters r ON r.id = made.r JOIN devices d ON d.id = r.device_id RETURNING device_id
"""


async def patterns(conn: Connection, organisations: Sequence[int]) -> list[ShiftPattern]:
    """Visible patterns, by name."""
    cursor = await conn.execute(_PATTERNS, (list(organisations),))
    return [_pattern(*row) for row in await cursor.fetchall()]


async def save_pattern(conn: Connection, pattern: ShiftPattern) -> int:
    """Insert (id 0) or change a pattern; returns its id. Shifts follow with `pipeline.rosters`."""
    windows = Jsonb(msgspec.to_builtins(pattern.windows))
    if pattern.id:
        await conn.execute(
            "UPDATE shift_patterns SET name = %s, zone = %s, windows = %s WHERE id = %s",
            (pattern.name, pattern.zone, windows, pattern.id),
        )
        return pattern.id
    values = (pattern.organisation_id, pattern.name, pattern.zone, windows)
    row = await (await conn.execute(_INSERT_PATTERN, values)).fetchone()
    assert row is not None
    return int(row[0])


async def drop_pattern(conn: Connection, pattern_id: int) -> bool:
    """Delete a pattern that no roster uses; False: one does."""
    cursor = await conn.execute(
        "DELETE FROM shift_patterns WHERE id = %s"
        " AND NOT EXISTS (SELECT 1 FROM rosters WHERE pattern_id = %s)",
        (pattern_id, pattern_id),
    )
    return cursor.rowcount > 0


async def rosters(
    conn: Connection,
    organisations: Sequence[int],
    device_id: int | None = None,
    since: date | None = None,
) -> list[Row]:
    """Visible rosters with the names of unit and pattern, at most MAX_LISTED; `since`: those that
    still count on that day."""
    parameters = {
        "organisations": list(organisations), "device_id": device_id, "since": since,
        "limit": MAX_LISTED,
    }  # fmt: skip
    async with conn.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_ROSTERS, parameters)
        return await cursor.fetchall()


async def save_rosters(conn: Connection, wanted: Sequence[Roster]) -> list[int]:
    """Insert rosters; returns their ids in order."""
    ids = []
    for roster in wanted:
        cursor = await conn.execute(
            "INSERT INTO rosters (device_id, pattern_id, from_date, to_date)"
            " VALUES (%s, %s, %s, %s) RETURNING id",
            (roster.device_id, roster.pattern_id, roster.from_date, roster.to_date),
        )
        row = await cursor.fetchone()
        assert row is not None
        ids.append(int(row[0]))
    return ids


async def end_roster(conn: Connection, roster_id: int, today: date, now_us: int) -> None:
    """Of yesterday at the latest; one that began today or later goes, but for begun shifts."""
    async with conn.transaction():
        await bump_revision(conn)
        ended = await conn.execute(
            "UPDATE rosters SET to_date = %s WHERE id = %s AND from_date < %s",
            (today - timedelta(1), roster_id, today),
        )
        if not ended.rowcount:
            begun = (roster_id, to_datetime(now_us))
            await conn.execute(
                "UPDATE shifts SET roster_id = NULL WHERE roster_id = %s AND starts_at <= %s", begun
            )
            await conn.execute("DELETE FROM rosters WHERE id = %s", (roster_id,))


async def active_rosters(
    conn: Connection, since: date, until: date, ids: Sequence[int] | None
) -> list[tuple[Roster, ShiftPattern]]:
    """Rosters that count on a day of the period, with their patterns; `ids`: of these only."""
    parameters = {"since": since, "until": until, "ids": None if ids is None else list(ids)}
    cursor = await conn.execute(_ACTIVE, parameters)
    return [
        (
            Roster(id=id_, device_id=device_id, pattern_id=pattern_id, from_date=a, to_date=b),
            _pattern(pattern_id, *pattern),
        )
        for id_, device_id, pattern_id, a, b, *pattern in await cursor.fetchall()
    ]


async def made_shifts(conn: Connection, since_us: int, ids: Sequence[int] | None) -> set[Made]:
    """What rosters have made from a time on."""
    parameters = {"since": to_datetime(since_us), "ids": None if ids is None else list(ids)}
    cursor = await conn.execute(_MADE, parameters)
    return {
        (row[0], from_datetime(row[1]), from_datetime(row[2])) for row in await cursor.fetchall()
    }


async def remake_shifts(
    conn: Connection, gone: Iterable[Made], made: Iterable[Made], since_us: int
) -> int:
    """Delete and insert shifts of rosters; how many. Their units are judged anew from then on."""
    gone, made = sorted(gone), sorted(made)
    if not gone and not made:
        return 0
    async with conn.transaction():
        await bump_revision(conn)
        devices: set[int] = set()
        for statement, shifts in ((_UNMAKE, gone), (_MAKE, made)):
            columns = (
                [roster_id for roster_id, _, _ in shifts],
                [to_datetime(start_us) for _, start_us, _ in shifts],
                [to_datetime(end_us) for _, _, end_us in shifts],
            )
            cursor = await conn.execute(statement, columns)
            devices.update(row[0] for row in await cursor.fetchall())
        await rejudge.ask(conn, sorted(devices), since_us)
    return len(gone) + len(made)


def _pattern(id_: int, organisation_id: int, name: str, zone: str, windows: Any) -> ShiftPattern:
    return ShiftPattern(
        id=id_,
        organisation_id=organisation_id,
        name=name,
        zone=zone,
        windows=msgspec.convert(windows, tuple[Window, ...]),
    )
