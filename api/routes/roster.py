"""Who is assigned what: routes, work roads, grid cells, points."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.access import Caller, Conn, RegisterEditor, State
from api.errors import ApiProblem
from api.shapes.rosters import Made
from api.shapes.rulebook import WindowShape
from api.times import Time, microseconds
from model.fences import Assignment, Purpose, Window
from model.rulebook import FAR_FUTURE_US
from storage.database import Connection
from storage.in_force import fence_in_force
from storage.registers import device
from storage.rulebook_changes import save_assignment

router = APIRouter(tags=["roster"])
MAX_WINDOWS = 50


class NewAssignment(BaseModel):
    """A device's fence for a purpose; no windows: always. From now on when `valid_from` is not
    given."""

    device_id: int
    fence_id: int
    purpose: Purpose
    windows: Annotated[list[WindowShape], Field(min_length=1, max_length=MAX_WINDOWS)] | None = None
    valid_from: Time | None = None


@router.post("/assignments", response_model=Made, status_code=201)
async def assign(body: NewAssignment, state: State, conn: Conn, caller: RegisterEditor) -> Any:
    """Assign a fence to a unit."""
    now_us = state.services.clock.now_us()
    await _sees(conn, caller, body.device_id)
    if await fence_in_force(conn, caller.organisations, body.fence_id, now_us) is None:
        raise ApiProblem("not_found")
    windows = None
    if body.windows is not None:
        windows = tuple(
            Window(tuple(w.weekdays), w.start_min, w.end_min, w.days) for w in body.windows
        )
    assignment = Assignment(
        device_id=body.device_id,
        fence_id=body.fence_id,
        purpose=body.purpose,
        windows=windows,
        valid_from_us=now_us if body.valid_from is None else microseconds(body.valid_from),
        valid_to_us=FAR_FUTURE_US,
    )
    return {"id": await save_assignment(conn, assignment)}


async def _sees(conn: Connection, caller: Caller, device_id: int) -> None:
    if await device(conn, caller.organisations, device_id) is None:
        raise ApiProblem("not_found")
