"""Questions about tracks, the same text in both modes; times are half-open periods [from, to).

Rows come as one binary value a column and are parsed by NumPy at once, without a Python object a
row: a vehicle-day of 8,640 fixes took half the time of a binary COPY, of which every row is a
message of its own to the event loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from psycopg import sql

from model.position import FixSource, PositionBatch, Rows, empty_rows, rows_at
from model.position_json import positions_json
from storage.copy_format import COLUMN_VALUES, POSITION_COLUMNS, parse_columns
from storage.database import Connection
from storage.instants import from_datetime, to_datetime
from storage.simplify import FIRST_TOLERANCE_M, kept_by_simplification
from storage.track_filter import TrackFilter

GAP_S = 300  # no position for longer than this is a gap
MAX_TRACK_ROWS = 1_000_000  # 115 days at 10 s; a longer period is cut and says so
OWN_THREAD_ROWS = 20_000
EVERYTHING = TrackFilter()

_COLUMNS = sql.SQL(", ").join(sql.SQL("p.{}").format(sql.Identifier(n)) for n in POSITION_COLUMNS)
_VALUE = {name: sql.SQL(text) for name, text in COLUMN_VALUES.items()}
ALL_VALUES = sql.SQL(", ").join(_VALUE.values())
_ONE = sql.SQL(
    "SELECT {values} FROM (SELECT * FROM positions p WHERE p.device_id = %(device_id)s"
    " AND p.time >= %(start)s AND p.time < %(end)s AND (%(scope)s::integer[] IS NULL"
    "  OR p.organisation_id = ANY(%(scope)s::integer[]))"
    " ORDER BY p.time, p.variant LIMIT %(limit)s) p"
)
_MANY = sql.SQL(
    "SELECT {values} FROM (SELECT p.* FROM"
    "  unnest(%(devices)s::integer[], %(starts)s::timestamptz[]) AS w (device_id, start)"
    "  CROSS JOIN LATERAL (SELECT * FROM positions p"
    "   WHERE p.device_id = w.device_id AND p.time >= w.start"
    "   AND p.time >= %(start)s AND p.time < %(end)s) p"
    "  ORDER BY p.device_id, p.time, p.variant) p"
)
_LATEST = sql.SQL(
    "SELECT {columns}::text FROM devices d CROSS JOIN LATERAL (SELECT * FROM positions p"
    "  WHERE p.device_id = d.id AND p.organisation_id = ANY(%(organisations)s)"
    "  ORDER BY p.time DESC, p.variant DESC LIMIT 1) p"
    " WHERE d.organisation_id = ANY(%(organisations)s) ORDER BY d.id"
).format(columns=_COLUMNS)
_SHOWN = {"time_us", "longitude_e6", "latitude_e6", "speed_kmh_e1", "course_deg", "accuracy_m",
          "fix_source", "signals"}  # fmt: skip
_NOT_SHOWN = tuple(name for name in _VALUE if name not in _SHOWN)
_ATTRIBUTES = """
SELECT p.time, p.variant, p.attributes::text FROM positions p
WHERE p.device_id = %s AND p.time >= %s AND p.time < %s AND p.attributes IS NOT NULL
"""


GapKind = Literal["no_data", "no_gnss", "filtered"]


@dataclass(frozen=True, slots=True)
class Gap:
    """Where the line between two neighbours of `Track.rows` is none: over GAP_S without a position.

    `no_gnss`: the terminal did report then, without a position. `filtered`: fixes in between were
    not wanted.
    """

    from_us: int
    to_us: int
    from_index: int
    to_index: int
    kind: GapKind


@dataclass(frozen=True, slots=True)
class Track:
    """`rows`: positioned fixes in order of time, of `points` that there are; `unpositioned` ones
    are only counted. `simplified`: fewer rows than points. `cut`: the period had more than
    MAX_TRACK_ROWS and its end is missing."""

    rows: Rows
    points: int
    unpositioned: int
    simplified: bool
    cut: bool
    gaps: tuple[Gap, ...]


async def latest_positions(conn: Connection, organisations: Sequence[int]) -> list[dict[str, Any]]:
    """The newest stored position of each device of these organisations, as `positions_json`."""
    cursor = await conn.execute(_LATEST, {"organisations": list(organisations)})
    found = await cursor.fetchall()
    rows = empty_rows(len(found))
    texts: list[str | None] = []
    for index, values in enumerate(found):
        time_us = from_datetime(values[2])
        rows[index] = (*values[:2], time_us, *values[3:-1])
        texts.append(values[-1])
    return positions_json(rows, texts)


async def positions_of(
    conn: Connection,
    device_id: int,
    from_us: int,
    to_us: int,
    *,
    organisations: Sequence[int] | None = None,
    limit: int | None = None,
    without: Sequence[str] = (),
) -> Rows:
    """Positions of a device in [from, to), by time and variant; None: of all organisations.

    `without`: columns that are left unknown; each costs 0.05 us a row.
    """
    parameters = {
        "device_id": device_id,
        "start": to_datetime(from_us),
        "end": to_datetime(to_us),
        "scope": None if organisations is None else list(organisations),
        "limit": limit,
    }
    rows = await _fetch_without(conn, _ONE, parameters, ("device_id", *without))
    rows["device_id"] = device_id
    return rows


async def positions_of_many(
    conn: Connection, from_us: Mapping[int, int], to_us: int, without: Sequence[str] = ()
) -> Rows:
    """Positions of several devices, each from its own time to `to_us`; by device, time, variant.

    `without` as in `positions_of`.
    """
    if not from_us:
        return empty_rows(0)
    parameters = {
        "devices": list(from_us),
        "starts": [to_datetime(time_us) for time_us in from_us.values()],
        "start": to_datetime(min(from_us.values())),
        "end": to_datetime(to_us),
    }
    return await _fetch_without(conn, _MANY, parameters, without)


async def positions_with_attributes(
    conn: Connection, device_id: int, from_us: int, to_us: int
) -> PositionBatch:
    """As `positions_of`, with the attributes."""
    rows = await positions_of(conn, device_id, from_us, to_us)
    period = (device_id, to_datetime(from_us), to_datetime(to_us))
    cursor = await conn.execute(_ATTRIBUTES, period)
    known = {
        (from_datetime(time), variant): text for time, variant, text in await cursor.fetchall()
    }
    keys = zip(rows["time_us"].tolist(), rows["variant"].tolist(), strict=True)
    return PositionBatch(rows, [known.get(key) for key in keys])


async def _fetch_without(
    conn: Connection, query: sql.SQL, parameters: Mapping[str, object], without: Sequence[str]
) -> Rows:
    names = [name for name in _VALUE if name not in without]
    values = sql.SQL(", ").join(_VALUE[name] for name in names)
    return await fetch_rows(conn, query.format(values=values), parameters, names)


async def fetch_rows(
    conn: Connection,
    query: sql.Composed,
    parameters: Mapping[str, object],
    names: Sequence[str] = tuple(_VALUE),
) -> Rows:
    """What a query says that gives one value a column of these names, ALL_VALUES of all."""
    async with conn.cursor(binary=True) as cursor:
        await cursor.execute(query, parameters)
        result = cursor.pgresult
        assert result is not None
        values = [result.get_value(0, index) for index in range(result.nfields)]
        return parse_columns(values, names)


async def track(
    conn: Connection,
    organisations: Sequence[int],
    device_id: int,
    from_us: int,
    to_us: int,
    *,
    max_points: int = 5_000,
    tolerance_m: float | None = None,
    wanted: TrackFilter = EVERYTHING,
    may_show: Callable[[Rows], Rows] = lambda rows: rows,
) -> Track:
    """A device's line over [from, to), simplified by shape when it has over `max_points`, or to
    `tolerance_m`; `may_show` leaves out what is not to be seen."""
    found = await positions_of(
        conn, device_id, from_us, to_us,
        organisations=organisations, limit=MAX_TRACK_ROWS + 1, without=_NOT_SHOWN,
    )  # fmt: skip
    cut, found = len(found) > MAX_TRACK_ROWS, may_show(found[:MAX_TRACK_ROWS])
    shown = partial(track_of, max_points=max_points, tolerance_m=tolerance_m, wanted=wanted)
    # A month is simplified beside the event loop, a day sooner than a thread would start.
    if len(found) <= OWN_THREAD_ROWS:
        return shown(found, cut=cut)
    return await asyncio.to_thread(shown, found, cut=cut)


def track_of(
    found: Rows,
    max_points: int,
    *,
    cut: bool = False,
    tolerance_m: float | None = None,
    wanted: TrackFilter = EVERYTHING,
) -> Track:
    """The track of rows in order of time."""
    positioned = found["fix_source"] != FixSource.NONE
    shown = positioned if wanted.wants_all else positioned & wanted.wanted(found)
    line = found if shown.all() else rows_at(found, shown)
    jumps = np.diff(np.cumsum(positioned)[shown]) > 1  # over fixes that were not wanted
    before = np.flatnonzero((np.diff(line["time_us"]) > GAP_S * 1_000_000) | jumps)
    kept = np.arange(len(line))
    if len(line) > max_points or (tolerance_m is not None and len(line) > 1):
        pinned = np.concatenate((before, before + 1))
        kept = kept_by_simplification(line, pinned, max_points, tolerance_m or FIRST_TOLERANCE_M)
    return Track(
        rows=rows_at(line, kept) if len(kept) < len(line) else line,
        points=len(line),
        unpositioned=int(len(found) - positioned.sum()),
        simplified=len(kept) < len(line),
        cut=cut,
        gaps=_gaps(line, kept, before, jumps[before], found["time_us"][~positioned]),
    )


def _gaps(
    line: Rows,
    kept: NDArray[np.intp],
    before: NDArray[np.intp],
    filtered: NDArray[np.bool_],
    silent_us: NDArray[np.int64],
) -> tuple[Gap, ...]:
    starts, ends = line["time_us"][before], line["time_us"][before + 1]
    heard = np.searchsorted(silent_us, starts) < np.searchsorted(silent_us, ends)
    kinds = np.where(filtered, "filtered", np.where(heard, "no_gnss", "no_data"))
    places = np.searchsorted(kept, before)  # the ends of a gap are always kept
    columns = (starts, ends, places, places + 1, kinds)
    return tuple(Gap(*gap) for gap in zip(*(column.tolist() for column in columns), strict=True))
