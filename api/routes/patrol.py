"""Roll-call of inspectors, the path of a shift, and the grid cells."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Query

from api.access import Caller, Conn, Connection, Reader, State
from api.errors import ApiProblem
from api.fence_view import feature_of_fence
from api.looks import look_at, shown_rows
from api.patrol.path_view import path_feature
from api.patrol.present import present_inspectors
from api.patrol.rollcall import rollcall_entry
from api.shapes.patrol import RollcallEntry
from api.shapes.rulebook import Feature, FeatureCollection
from api.times import Time, iso_us, microseconds
from storage.instants import DAY_US
from storage.patrol import inspectors, storms_of, told_by
from storage.tracks import MAX_TRACK_ROWS, positions_of

router = APIRouter(prefix="/patrol", tags=["patrol"])
Row = dict[str, Any]
MAX_PATH_US = 24 * 3600 * 1_000_000


@router.get("/rollcall", response_model=list[RollcallEntry])
async def rollcall(state: State, conn: Conn, caller: Reader) -> Any:
    """Every visible inspector: on duty or not, heard of or not, and why."""
    now_us = state.services.clock.now_us()
    found = await present_inspectors(state, conn, caller.organisations, now_us)
    return [rollcall_entry(present, now_us) for present in found]


@router.get("/{device_id}/path", responses={200: {"model": Feature}})
async def path(
    *,
    device_id: int,
    state: State,
    conn: Conn,
    caller: Reader,
    since: Annotated[Time | None, Query(alias="from")] = None,
    until: Annotated[Time | None, Query(alias="to")] = None,
) -> Any:
    """The path of a shift with its typed gaps: by default of the current or the last one."""
    now_us = state.services.clock.now_us()
    inspector = await _inspector(conn, caller, device_id, now_us)
    start, end = since or inspector["starts_at"], until or inspector["ends_at"]
    start_us = microseconds(start) if start else now_us - MAX_PATH_US
    end_us = min(microseconds(end) if end else now_us, start_us + MAX_PATH_US)
    visible = caller.organisations
    await look_at(state, conn, caller, device_id, (start_us, end_us), source="path")
    shown = await shown_rows(state, conn)
    rows = await positions_of(
        conn, device_id, start_us, end_us, organisations=visible, limit=MAX_TRACK_ROWS
    )
    rows = shown(rows)
    told = await told_by(conn, visible, device_id, start_us - DAY_US, end_us)
    if state.duty is not None:
        told = [t for t in told if not state.duty.hides(device_id, t.time_us)]
    storms = await storms_of(conn, visible, device_id, start_us, end_us)
    period_us = (start_us, min(end_us, max(now_us, start_us)))
    return await asyncio.to_thread(path_feature, device_id, rows, told, storms, period_us)


@router.get("/cells", response_model=FeatureCollection)
async def cells(state: State, conn: Conn, caller: Reader) -> Any:
    """Visible grid cells with their last visit by any inspector in the last 24 hours."""
    now_us = state.services.clock.now_us()
    features = []
    for fence, visited in await state.cells.read(conn):
        if not caller.sees(fence.organisation_id) and not caller.sees(
            fence.responsible_organisation_id
        ):
            continue
        feature = feature_of_fence(fence)
        feature["properties"] |= {
            "last_visit_at": iso_us(visited.last_us) if visited.last_us else None,
            "age_s": (now_us - visited.last_us) // 1_000_000 if visited.last_us else None,
            "visits": visited.visits,
        }
        features.append(feature)
    return {"type": "FeatureCollection", "features": features}


async def _inspector(conn: Connection, caller: Caller, device_id: int, now_us: int) -> Row:
    for row in await inspectors(conn, caller.organisations, now_us):
        if row["device_id"] == device_id:
            return row
    raise ApiProblem("not_found")
