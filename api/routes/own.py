"""What an inspector sees with an account of the own: this handset's duty and nobody else's."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query

from api.access import Caller, Conn, Connection, Own, State
from api.errors import ApiProblem
from api.patrol.cells import cell_feature
from api.patrol.present import presence_of
from api.patrol.rollcall import rollcall_entry
from api.patrol.shift_path import path_period, shift_path
from api.patrol.table_view import in_hours
from api.patrol.task_view import shown_task, task_of
from api.periods import checked_period
from api.routes.path_views import Limit, shown_view
from api.shapes.patrol import OwnDuty
from api.shapes.patrol_tables import AttendedShift
from api.shapes.patrol_work import PathView, TaskShape
from api.shapes.rosters import with_times
from api.shapes.rulebook import Feature
from api.state import AppState
from api.times import Time, iso_us, microseconds
from storage.instants import DAY_US
from storage.path_views import path_views
from storage.patrol import assigned_cells, inspector_of
from storage.patrol_tables import each_shift
from storage.patrol_tasks import close_task, list_tasks, note_read
from storage.shifts import shifts_worked

router = APIRouter(prefix="/me", tags=["own duty"])
Row = dict[str, Any]
PLANNED_DAYS = 14
MAX_DAYS = 93
From = Annotated[Time, Query(alias="from")]
_MARKS = {"read": note_read, "done": close_task}


@router.get("/duty", response_model=OwnDuty)
async def duty(state: State, conn: Conn, caller: Own) -> Any:
    """Own state as in the roll-call, shifts of the next two weeks, own grid cells."""
    now_us = state.services.clock.now_us()
    own = await _own(conn, caller, now_us)
    device_id = own["device_id"]
    (present,) = await presence_of(state, conn, [own], now_us)
    period_us = (now_us, now_us + PLANNED_DAYS * DAY_US)
    shifts = await shifts_worked(conn, [own["organisation_id"]], period_us, device_id)
    return {
        "now": iso_us(now_us),
        "duty": rollcall_entry(present, now_us),
        "shifts": [with_times(row) for row in shifts],
        "cells": await _cells(state, conn, device_id, now_us),
    }


@router.get("/path", responses={200: {"model": Feature}})
async def path(
    *,
    state: State,
    conn: Conn,
    caller: Own,
    since: Annotated[Time | None, Query(alias="from")] = None,
    until: Annotated[Time | None, Query(alias="to")] = None,
) -> Any:
    """The own path: by default of the current or the last shift."""
    now_us = state.services.clock.now_us()
    own = await _own(conn, caller, now_us)
    period_us = path_period(own, since, until, now_us)
    return await shift_path(state, conn, [own["organisation_id"]], own["device_id"], period_us)


@router.get("/tasks", response_model=list[TaskShape])
async def tasks(
    *, state: State, conn: Conn, caller: Own, before_id: int | None = None, limit: Limit = 100
) -> Any:
    """Own messages and tasks, newest first."""
    now_us = state.services.clock.now_us()
    own = await _own(conn, caller, now_us)
    filters = {"device_id": own["device_id"], "before_id": before_id}
    rows = await list_tasks(conn, [own["organisation_id"]], filters, limit)
    return [shown_task(row, now_us) for row in rows]


@router.post("/tasks/{task_id}/{mark}", response_model=TaskShape)
async def mark_task(
    task_id: int, mark: Literal["read", "done"], state: State, conn: Conn, caller: Own
) -> Any:
    """Read or done, as the person says who has it."""
    now_us = state.services.clock.now_us()
    own = await _own(conn, caller, now_us)
    given = [own["organisation_id"]], task_id, now_us
    task = await task_of(conn, *given, device_id=own["device_id"])
    if task["cancelled_at"] is not None:
        return task
    await _MARKS[mark](conn, task_id, now_us)
    return await task_of(conn, *given, device_id=own["device_id"])


@router.get("/attendance", response_model=list[AttendedShift])
async def attendance(state: State, conn: Conn, caller: Own, from_: From, to: Time) -> Any:
    """What became of each own shift that starts in the period, the latest first."""
    checked_period(from_, to, MAX_DAYS)
    own = await _own(conn, caller, state.services.clock.now_us())
    period_us = microseconds(from_), microseconds(to)
    rows = await each_shift(conn, [own["organisation_id"]], period_us, own["device_id"])
    return [with_times(in_hours(row)) for row in rows]


@router.get("/views", response_model=list[PathView])
async def views(conn: Conn, caller: Own, before_id: int | None = None, limit: Limit = 100) -> Any:
    """Who looked at the own path, the latest first."""
    own = caller.user.device_id
    if own is None:
        return []
    found = await path_views(conn, [], own, device_id=own, before_id=before_id, limit=limit)
    return [shown_view(row) for row in found]


async def _own(conn: Connection, caller: Caller, now_us: int) -> Row:
    """The handset whose account this is, as a row of `inspectors`."""
    device_id = caller.user.device_id
    found = None if device_id is None else await inspector_of(conn, device_id, now_us)
    if found is None:
        raise ApiProblem("no_handset")
    return found


async def _cells(state: AppState, conn: Connection, device_id: int, now_us: int) -> Row:
    own = (await assigned_cells(conn, [device_id], now_us)).get(device_id, [])
    known = await state.cells.read(conn)
    cells = [cell_feature(cell, visited, now_us) for cell, visited in known if cell.id in own]
    return {"type": "FeatureCollection", "features": cells}
