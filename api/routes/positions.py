"""Where units are now: the latest of all, and the nearest to a place."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from api.access import Caller, Connection, ReadConn, Reader, State
from api.positions_query import LatestQuery, age_s, latest_query
from api.shapes.places import NearUnit
from api.shapes.units import Position
from api.state import AppState
from geofence.geodesy import ground_distance_m
from storage.registers import devices

router = APIRouter(prefix="/positions", tags=["devices"])
Row = dict[str, Any]
Wanted = Annotated[LatestQuery, Depends(latest_query)]
MAX_LATEST = 100_000
MAX_NEAR = 100
FRESH_S = 300.0  # older, and nobody can be sent to that place
TOO_OLD_S = 24 * 3600.0


@router.get("/latest", response_model=list[Position])
async def latest(
    *,
    state: State,
    conn: ReadConn,
    caller: Reader,
    wanted: Wanted,
    after_id: int = 0,
    limit: Annotated[int, Query(ge=1, le=MAX_LATEST)] = MAX_LATEST,
) -> Any:
    """The latest position of each visible unit that has one, by unit; the next page: `after_id` is
    the unit of the last one."""
    found = await _found(state, conn, caller, wanted)
    return [position for device, position in found if device["id"] > after_id][:limit]


@router.get("/nearest", response_model=list[NearUnit])
async def nearest(
    *,
    state: State,
    conn: ReadConn,
    caller: Reader,
    wanted: Wanted,
    longitude: Annotated[float, Query(ge=-180, le=180)],
    latitude: Annotated[float, Query(ge=-90, le=90)],
    limit: Annotated[int, Query(ge=1, le=MAX_NEAR)] = 10,
) -> Any:
    """The units nearest to a place by their latest fix of at most a day, fresh ones first (heard of
    within 5 minutes)."""
    now_us = state.services.clock.now_us()
    found = [
        (device, position, age_s(position, now_us))
        for device, position in await _found(state, conn, caller, wanted)
        if position["fix_source"] != "none"
    ]
    found = [entry for entry in found if entry[2] <= TOO_OLD_S]
    places = [[position[name] for _, position, _ in found] for name in ("longitude", "latitude")]
    away_m = ground_distance_m(longitude, latitude, *places).tolist() if found else []
    near = [
        {
            "device": device,
            "distance_m": round(metres, 1),
            "age_s": round(max(age, 0.0), 1),
            "fresh": age <= FRESH_S,
            "position": position,
        }
        for (device, position, age), metres in zip(found, away_m, strict=True)
    ]
    return sorted(near, key=lambda unit: (not unit["fresh"], unit["distance_m"]))[:limit]


async def _found(
    state: AppState, conn: Connection, caller: Caller, wanted: LatestQuery
) -> list[tuple[Row, Row]]:
    """(unit, position) of the visible units that pass the filters, by id."""
    now_us = state.services.clock.now_us()
    known = await state.latest.all(conn)
    pairs = [
        (device, known[device["id"]])
        for device in await devices(conn, caller.organisations)
        if device["id"] in known
    ]
    return [pair for pair in pairs if wanted.wants(*pair, now_us)]
