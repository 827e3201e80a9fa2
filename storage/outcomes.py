"""Violations seen together: what incidents, repeat counts and storms are computed from, and where
the results are kept. All in the transaction of the step that changed the violations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from model.outcomes import Counted
from model.rulebook import Severity
from storage.instants import from_datetime, to_datetime

Connection = AsyncConnection[Any]
LIVE = "finding = 'standing' AND NOT shadow"
_UNTIL = "coalesce(ended_at, last_at)"
_COUNTS = f"{LIVE} AND storm_id IS NULL"
Period = tuple[int, int]  # from, to

_PERIODS = """unnest(%(devices)s::int[], %(lows)s::timestamptz[], %(highs)s::timestamptz[])
        AS p (device_id, low, high)"""
_WITHIN = f"""FROM {_PERIODS} JOIN violations v ON v.device_id = p.device_id
        AND {_COUNTS} AND started_at <= p.high AND {_UNTIL} >= p.low"""


class OnsetRow(NamedTuple):
    """A standing violation of a storm's kind; `storm_id`: as stored."""

    id: int
    device_id: int
    started_us: int
    organisation_id: int
    responsible_organisation_id: int | None
    storm_id: int | None


class Repeat(NamedTuple):
    """A violation that may be a repeat offence: how many of `limit` in `days` count."""

    counted: Counted
    status: str
    found_severity: Severity
    days: int
    limit: int


async def neighbourhoods(
    conn: Connection, periods_us: Mapping[int, Period], gap_us: int
) -> dict[int, Period]:
    """Each unit's period widened until none of its violations lies within the gap of its edges."""
    query = f"""SELECT p.device_id, min(started_at), max({_UNTIL}) {_WITHIN}
        GROUP BY p.device_id"""
    wide = {id_: (us[0] - gap_us, us[1] + gap_us) for id_, us in periods_us.items()}
    growing = wide.copy()
    while growing:
        rows = await _rows(conn, query, **_periods(growing))
        growing = {}
        for device_id, first, last in rows:
            from_us, to_us = wide[device_id]
            reach = (
                min(from_us, from_datetime(first) - gap_us),
                max(to_us, from_datetime(last) + gap_us),
            )
            if reach != wide[device_id]:
                growing[device_id] = wide[device_id] = reach
    return wide


async def counted_between(
    conn: Connection, periods_us: Mapping[int, Period]
) -> dict[int, list[Counted]]:
    """The units' violations that count and touch their periods."""
    query = f"""SELECT id, p.device_id, rule_id, started_at, {_UNTIL} {_WITHIN}
        ORDER BY started_at, id"""
    found: dict[int, list[Counted]] = {}
    for row in await _rows(conn, query, **_periods(periods_us)):
        found.setdefault(row[1], []).append(_counted(row))
    return found


async def save_incidents(
    conn: Connection, incidents: Mapping[int, int], periods_us: Mapping[int, Period]
) -> list[int]:
    """Set the incidents of the units' violations in their periods; those not named have none.
    Returns the ids of violations whose incident has changed."""
    query = f"""UPDATE violations v SET incident_id = n.incident_id
        FROM (SELECT o.id, given.incident_id FROM {_PERIODS}
              JOIN violations o ON o.device_id = p.device_id AND o.started_at <= p.high
               AND coalesce(o.ended_at, o.last_at) >= p.low
              LEFT JOIN unnest(%(ids)s::bigint[], %(incidents)s::bigint[])
                     AS given (id, incident_id) ON given.id = o.id) n
        WHERE v.id = n.id AND v.incident_id IS DISTINCT FROM n.incident_id RETURNING v.id"""  # noqa: S608
    given = {"ids": list(incidents), "incidents": list(incidents.values())}
    return [row[0] for row in await _rows(conn, query, **given, **_periods(periods_us))]


async def offences(
    conn: Connection, pairs: Sequence[tuple[int, int]]
) -> dict[tuple[int, int], list[Repeat]]:
    """By (unit, rule) its violations that count, a person's false alarms left out, by start."""
    query = f"""SELECT id, device_id, rule_id, started_at, {_UNTIL}, status, found_severity,
            (repeat->>'days')::int, (repeat->>'limit')::int FROM violations
        WHERE (device_id, rule_id) IN (SELECT * FROM unnest(%(devices)s::int[], %(rules)s::int[]))
          AND {_COUNTS} AND result IS DISTINCT FROM 'false_alarm'
        ORDER BY started_at, id"""  # noqa: S608
    devices, rules = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    found: dict[tuple[int, int], list[Repeat]] = {}
    for row in await _rows(conn, query, devices=devices, rules=rules):
        repeat = Repeat(_counted(row), row[5], row[6], row[7] or 0, row[8] or 0)
        found.setdefault((row[1], row[2]), []).append(repeat)
    return found


async def save_repeat(
    conn: Connection, violation_id: int, repeat: Mapping[str, int], severity: str
) -> bool:
    """Set count and severity, unless a person has the case; whether anything changed."""
    cursor = await conn.execute(
        "UPDATE violations SET repeat = %(repeat)s, severity = %(severity)s"
        " WHERE id = %(id)s AND status = 'open'"
        " AND (repeat IS DISTINCT FROM %(repeat)s OR severity <> %(severity)s)",
        {"repeat": Jsonb(repeat), "severity": severity, "id": violation_id},
    )
    return cursor.rowcount > 0


async def onsets_between(
    conn: Connection, kinds: Sequence[str], period_us: tuple[int, int]
) -> list[OnsetRow]:
    """Standing violations of these kinds that begin in a period."""
    query = f"""SELECT id, device_id, started_at, organisation_id, responsible_organisation_id,
            storm_id FROM violations
        WHERE kind = ANY(%(kinds)s) AND {LIVE} AND started_at BETWEEN %(from)s AND %(to)s
        ORDER BY started_at, id"""  # noqa: S608
    rows = await _rows(conn, query, kinds=list(kinds), **_period(period_us))
    return [OnsetRow(row[0], row[1], from_datetime(row[2]), *row[3:]) for row in rows]


async def next_onset(
    conn: Connection, kinds: Sequence[str], period_us: tuple[int, int], *, last: bool
) -> int | None:
    """The first (or last) onset in a period."""
    function = "max" if last else "min"
    query = f"""SELECT {function}(started_at) FROM violations
        WHERE kind = ANY(%(kinds)s) AND {LIVE} AND started_at BETWEEN %(from)s AND %(to)s"""  # noqa: S608
    found = await _value(conn, query, kinds=list(kinds), **_period(period_us))
    return None if found is None else from_datetime(found)


async def save_storm(
    conn: Connection, storm: Mapping[str, Any], known_id: int | None, found_us: int
) -> int:
    """Store a storm (`organisation_id, cause, started_us, until_us, devices`); its id."""
    values = {
        **storm,
        "id": known_id,
        "started": to_datetime(storm["started_us"]),
        "until": to_datetime(storm["until_us"]),
        "found": to_datetime(found_us),
    }
    if known_id is None:
        return int(
            await _value(
                conn,
                "INSERT INTO storms (organisation_id, cause, started_at, until, devices, found_at)"
                " VALUES (%(organisation_id)s, %(cause)s, %(started)s, %(until)s, %(devices)s,"
                " %(found)s) RETURNING id",
                **values,
            )
        )
    await conn.execute(
        "UPDATE storms SET organisation_id = %(organisation_id)s, started_at = %(started)s,"
        " until = %(until)s, devices = %(devices)s WHERE id = %(id)s",
        values,
    )
    return known_id


async def set_storm(conn: Connection, members: Sequence[int], storm_id: int | None) -> list[int]:
    """Put violations into a storm (None: out of any), unless a person has the case."""
    rows = await _rows(
        conn,
        "UPDATE violations SET storm_id = %(storm)s WHERE id = ANY(%(members)s)"
        " AND status = 'open' AND storm_id IS DISTINCT FROM %(storm)s RETURNING id",
        storm=storm_id,
        members=list(members),
    )
    return [row[0] for row in rows]


async def forget_storms(conn: Connection, storm_ids: Sequence[int]) -> None:
    """Storms that have turned out to be none: nobody is in them."""
    await conn.execute(
        "DELETE FROM storms s WHERE id = ANY(%s)"
        " AND NOT EXISTS (SELECT 1 FROM violations v WHERE v.storm_id = s.id)",
        (list(storm_ids),),
    )


async def offences_of(
    conn: Connection, violation_ids: Iterable[int]
) -> list[tuple[int, int, int, int]]:
    """(device, rule, start, end) of each violation."""
    query = f"""SELECT device_id, rule_id, started_at, {_UNTIL} FROM violations
        WHERE id = ANY(%(ids)s)"""  # noqa: S608
    rows = await _rows(conn, query, ids=sorted(violation_ids))
    return [(row[0], row[1], from_datetime(row[2]), from_datetime(row[3])) for row in rows]


def _counted(row: tuple[Any, ...]) -> Counted:
    return Counted(
        id=row[0],
        device_id=row[1],
        rule_id=row[2],
        started_us=from_datetime(row[3]),
        until_us=from_datetime(row[4]),
    )


def _periods(periods_us: Mapping[int, Period]) -> dict[str, Any]:
    return {
        "devices": list(periods_us),
        "lows": [to_datetime(us[0]) for us in periods_us.values()],
        "highs": [to_datetime(us[1]) for us in periods_us.values()],
    }


def _period(period_us: tuple[int, int]) -> dict[str, Any]:
    return {"from": to_datetime(period_us[0]), "to": to_datetime(period_us[1])}


async def _rows(conn: Connection, query: str, **values: Any) -> list[tuple[Any, ...]]:
    return await (await conn.execute(query.encode(), values)).fetchall()


async def _value(conn: Connection, query: str, **values: Any) -> Any:
    rows = await _rows(conn, query, **values)
    return rows[0][0] if rows else None
