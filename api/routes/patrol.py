"""Roll-call of inspectors, the path of a shift, and the grid cells."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query

from api.access import Caller, Conn, Connection, Reader, State
from api.errors import ApiProblem
from api.fence_view import feature_of_fence
from api.patrol.path_view import path_feature
from api.patrol.rollcall import POOR_ACCURACY_M, Present, rollcall_entry
from api.shapes.patrol import RollcallEntry
from api.shapes.rulebook import Feature, FeatureCollection
from api.state import AppState
from api.times import Time, iso_us, microseconds
from model.fences import Fence
from model.position import FixSource, Rows, empty_rows
from storage.instants import DAY_US
from storage.patrol import assigned_cells, inspectors, storms_of, told_by
from storage.tracks import MAX_TRACK_ROWS, positions_of

router = APIRouter(prefix="/patrol", tags=["patrol"])
Row = dict[str, Any]
OFF_GRID_M = 50.0  # as rule kind inspector_off_grid
MAX_PATH_US = 24 * 3600 * 1_000_000


@router.get("/rollcall", response_model=list[RollcallEntry])
async def rollcall(state: State, conn: Conn, caller: Reader) -> Any:
    """Every visible inspector: on duty or not, heard of or not, and why."""
    now_us = state.services.clock.now_us()
    rows = await inspectors(conn, caller.organisations, now_us)
    latest = await state.latest.all(conn)
    assigned = await assigned_cells(conn, [row["device_id"] for row in rows], now_us)
    fences = {fence.id: fence for fence, _ in await state.cells.read(conn)}

    def entries() -> list[Row]:
        present = [
            _present(state, row, latest.get(row["device_id"]), assigned, fences) for row in rows
        ]
        return [rollcall_entry(entry, now_us) for entry in present]

    return await asyncio.to_thread(entries)


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
    rows = await positions_of(
        conn, device_id, start_us, end_us, organisations=visible, limit=MAX_TRACK_ROWS
    )
    told = await told_by(conn, visible, device_id, start_us - DAY_US, end_us)
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


def _present(
    state: AppState,
    row: Row,
    last: Row | None,
    assigned: dict[int, list[int]],
    fences: dict[int, Fence],
) -> Present:
    cell_ids = assigned.get(row["device_id"], [])
    grid = next((fences[cell] for cell in cell_ids if cell in fences), None)
    heard_us = _microseconds_of(last["received_at"]) if last else 0
    return Present(row, last, heard_us, _is_off_grid(state, last, cell_ids), grid)


def _is_off_grid(state: AppState, last: Row | None, cell_ids: list[int]) -> bool:
    """Farther from every assigned cell than OFF_GRID_M and the accuracy; never of a poor fix."""
    if last is None or not cell_ids or last["fix_source"] == "none":
        return False
    accuracy_m = last["accuracy_m"] or 0
    if accuracy_m > POOR_ACCURACY_M:
        return False
    return state.cells.outside_m(_fix(last), cell_ids) > OFF_GRID_M + accuracy_m


def _fix(last: Row) -> Rows:
    row = empty_rows(1)
    row["longitude_e6"] = round(last["longitude"] * 1e6)
    row["latitude_e6"] = round(last["latitude"] * 1e6)
    row["time_us"] = _microseconds_of(last["time"])
    row["fix_source"] = FixSource.GNSS
    return row


def _microseconds_of(time: str) -> int:
    return microseconds(datetime.fromisoformat(time))
