"""Roll-call of inspectors, the path of a shift, and the grid cells."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from api.access import Caller, Conn, Connection, Reader, State
from api.errors import ApiProblem
from api.looks import look_at
from api.patrol.cells import cell_feature
from api.patrol.present import present_inspectors
from api.patrol.rollcall import rollcall_entry
from api.patrol.shift_path import path_period, shift_path
from api.shapes.patrol import RollcallEntry
from api.shapes.rulebook import Feature, FeatureCollection
from api.times import Time
from storage.patrol import inspectors

router = APIRouter(prefix="/patrol", tags=["patrol"])
Row = dict[str, Any]


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
    period_us = path_period(inspector, since, until, now_us)
    await look_at(state, conn, caller, device_id, period_us, source="path")
    return await shift_path(state, conn, caller.organisations, device_id, period_us)


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
        features.append(cell_feature(fence, visited, now_us))
    return {"type": "FeatureCollection", "features": features}


async def _inspector(conn: Connection, caller: Caller, device_id: int, now_us: int) -> Row:
    for row in await inspectors(conn, caller.organisations, now_us):
        if row["device_id"] == device_id:
            return row
    raise ApiProblem("not_found")
