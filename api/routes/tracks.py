"""What one unit did: its track, filtered and simplified, and its stops."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from api.access import Caller, Conn, Connection, ReadConn, Reader, State
from api.errors import ApiProblem
from api.looks import look_at, shown_rows
from api.positions_query import signals_of
from api.rule_check import invalid
from api.shapes.places import Stops
from api.shapes.rulebook import Feature
from api.shapes.units import FixSourceName
from api.stop_view import stops_json
from api.times import Time, microseconds
from api.track_view import track_json
from geofence.index import FenceIndex
from model.position import FixSource
from model.vehicles import UnitKind
from storage.fence_files import fence_of
from storage.in_force import fences_in_force
from storage.registers import device
from storage.track_filter import TrackFilter
from storage.tracks import MAX_TRACK_ROWS, positions_of, track

router = APIRouter(prefix="/devices/{device_id}", tags=["devices"])
DAY_US = 24 * 3600 * 1_000_000
MAX_TRACK_DAYS, MAX_STOP_DAYS = 93, 31
MAX_POINTS = 20_000


@router.get("/track", responses={200: {"model": Feature}})
async def track_of_device(
    *,
    device_id: int,
    state: State,
    own: Conn,
    conn: ReadConn,
    caller: Reader,
    since: Annotated[Time, Query(alias="from")],
    until: Annotated[Time, Query(alias="to")],
    max_points: Annotated[int, Query(ge=2, le=MAX_POINTS)] = 5_000,
    tolerance_m: Annotated[float | None, Query(gt=0, le=1_000)] = None,
    min_speed_kmh: Annotated[float | None, Query(ge=0)] = None,
    max_speed_kmh: Annotated[float | None, Query(ge=0)] = None,
    signal: Annotated[list[str] | None, Query(description="loaded:full")] = None,
    fix_source: FixSourceName | None = None,
) -> Response:
    """The track of a period, `to` included; simplified by shape above `max_points`, or to
    `tolerance_m`. Filters leave gaps of kind `filtered`."""
    unit = await _sees(conn, caller, device_id)
    from_us, to_us = _period(since, until, MAX_TRACK_DAYS)
    if unit["kind"] == UnitKind.INSPECTOR:
        await look_at(state, own, caller, device_id, (from_us, to_us), source="track")
    source = None if fix_source is None else FixSource[fix_source.upper()]
    found = await track(
        conn,
        caller.organisations,
        device_id,
        from_us,
        to_us + 1,
        max_points=max_points,
        tolerance_m=tolerance_m,
        wanted=TrackFilter(min_speed_kmh, max_speed_kmh, signals_of(signal), source),
        may_show=await shown_rows(state, own),
    )
    # A vehicle-day has 8,640 points: written once, without a pass through a response model.
    content = track_json(device_id, found)
    return Response(content, media_type="application/geo+json")


@router.get("/stops", response_model=Stops)
async def stops_of_device(
    *,
    device_id: int,
    state: State,
    own: Conn,
    conn: ReadConn,
    caller: Reader,
    since: Annotated[Time, Query(alias="from")],
    until: Annotated[Time, Query(alias="to")],
    min_minutes: Annotated[float, Query(ge=1, le=1_440)] = 5,
) -> Any:
    """Where it stood for so long, with the fence around the place; at most 31 days."""
    unit = await _sees(conn, caller, device_id)
    from_us, to_us = _period(since, until, MAX_STOP_DAYS)
    if unit["kind"] == UnitKind.INSPECTOR:
        await look_at(state, own, caller, device_id, (from_us, to_us), source="track")
    rows = await positions_of(
        conn,
        device_id,
        from_us,
        to_us + 1,
        organisations=caller.organisations,
        limit=MAX_TRACK_ROWS + 1,
    )
    fences = await fences_in_force(conn, caller.organisations, to_us)
    index = FenceIndex([fence_of(row) for row in fences])
    seen = (await shown_rows(state, own))(rows[:MAX_TRACK_ROWS])
    found = await asyncio.to_thread(stops_json, seen, min_minutes * 60, index)
    return {"stops": found, "cut": len(rows) > MAX_TRACK_ROWS}


async def _sees(conn: Connection, caller: Caller, device_id: int) -> dict[str, Any]:
    unit = await device(conn, caller.organisations, device_id)
    if unit is None:
        raise ApiProblem("not_found")
    return unit


def _period(since: datetime, until: datetime, days: int) -> tuple[int, int]:
    """In microseconds. Raises ApiProblem("invalid_request")."""
    from_us, to_us = microseconds(since), microseconds(until)
    if not from_us <= to_us <= from_us + days * DAY_US:
        raise invalid("to", f"must lie after `from`, at most {days} days")
    return from_us, to_us
