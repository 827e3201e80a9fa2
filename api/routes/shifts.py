"""Shifts as they are worked; single shifts, leaves and swaps."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from api.access import Caller, Conn, Connection, Reader, RegisterEditor, State
from api.errors import ApiProblem
from api.periods import checked_period
from api.roster_file import import_shifts
from api.rule_check import invalid
from api.shapes.permits import SheetImport
from api.shapes.rosters import (
    LeaveBody,
    LeaveShape,
    Made,
    NewShift,
    SwapBody,
    SwapShape,
    SwapsMade,
    WorkedShift,
    with_times,
)
from api.sheet_upload import read_sheet_body, refuse_problems
from api.times import Time, microseconds
from model.fences import Shift
from model.rosters import Leave, Swap
from storage import shifts as stored
from storage.instants import from_datetime
from storage.registers import device
from storage.rulebook_changes import save_shift

router = APIRouter(tags=["roster"])
MAX_DAYS = 93
ALL_TIMES = (0, 4_102_444_800_000_000)
From = Annotated[Time, Query(alias="from")]


@router.get("/shifts", response_model=list[WorkedShift])
async def listed(
    conn: Conn, caller: Reader, from_: From, to: Time, device_id: int | None = None
) -> Any:
    """Shifts that overlap the period, after swaps and leaves."""
    period_us = _period(from_, to)
    rows = await stored.shifts_worked(conn, caller.organisations, period_us, device_id)
    return [with_times(row) for row in rows]


@router.post("/shifts", response_model=Made, status_code=201)
async def plan_shift(body: NewShift, conn: Conn, caller: RegisterEditor) -> Any:
    """A single duty."""
    await _sees(conn, caller, body.device_id)
    starts_us, ends_us = _span(body.starts_at, body.ends_at)
    shift = Shift(device_id=body.device_id, starts_us=starts_us, ends_us=ends_us)
    return {"id": await save_shift(conn, shift)}


@router.post("/shifts/import", response_model=SheetImport)
async def import_(
    request: Request, state: State, conn: Conn, caller: RegisterEditor, *, dry_run: bool = False
) -> Any:
    """Single shifts of a CSV file (the raw body), all or none; `dry_run` only reports."""
    now_us, data = state.services.clock.now_us(), await read_sheet_body(request)
    sheet, ids = await import_shifts(conn, caller.organisations, data, now_us, dry=dry_run)
    refuse_problems(sheet, dry_run)
    return sheet.shown(ids)


@router.delete("/shifts/{shift_id}", status_code=204)
async def drop_shift(shift_id: int, conn: Conn, caller: RegisterEditor) -> None:
    """Of a single shift; a roster would make its own again."""
    rows = await stored.shifts_worked(conn, caller.organisations, ALL_TIMES)
    found = next((row for row in rows if row["id"] == shift_id), None)
    if found is None:
        raise ApiProblem("not_found")
    if found["roster_id"] is not None:
        raise ApiProblem("shift_of_roster")
    since_us = from_datetime(found["starts_at"])
    await stored.drop_shift(conn, shift_id, found["device_id"], since_us)


@router.get("/leaves", response_model=list[LeaveShape])
async def leaves(
    conn: Conn, caller: Reader, from_: From, to: Time, device_id: int | None = None
) -> Any:
    """Leaves that overlap the period."""
    period_us = _period(from_, to)
    rows = await stored.leaves(conn, caller.organisations, period_us, device_id)
    return [with_times(row) for row in rows]


@router.post("/leaves", response_model=Made, status_code=201)
async def add_leave(body: LeaveBody, state: State, conn: Conn, caller: RegisterEditor) -> Any:
    """No duty in this time; entered afterwards, it withdraws what a shift's rules have found."""
    await _sees(conn, caller, body.device_id)
    starts_us, ends_us = _span(body.starts_at, body.ends_at)
    leave = Leave(
        id=0, device_id=body.device_id, starts_us=starts_us, ends_us=ends_us, reason=body.reason,
        note=body.note,
    )  # fmt: skip
    now_us = state.services.clock.now_us()
    return {"id": await stored.save_leave(conn, leave, caller.user.id, now_us)}


@router.delete("/leaves/{leave_id}", status_code=204)
async def drop_leave(leave_id: int, conn: Conn, caller: RegisterEditor) -> None:
    """The duty is owed again."""
    for row in await stored.leaves(conn, caller.organisations, ALL_TIMES):
        if row["id"] == leave_id:
            since_us = from_datetime(row["starts_at"])
            return await stored.drop_leave(conn, leave_id, row["device_id"], since_us)
    raise ApiProblem("not_found")


@router.get("/shift-swaps", response_model=list[SwapShape])
async def swaps(
    conn: Conn, caller: Reader, from_: From, to: Time, device_id: int | None = None
) -> Any:
    """Swaps of shifts that start in the period."""
    rows = await stored.swaps(conn, caller.organisations, _period(from_, to), device_id)
    return [with_times(row) for row in rows]


@router.post("/shift-swaps", response_model=SwapsMade, status_code=201)
async def add_swap(body: SwapBody, state: State, conn: Conn, caller: RegisterEditor) -> Any:
    """Of shifts that are there; nobody can work two shifts at a time."""
    for device_id in (body.device_id, body.substitute_id):
        await _sees(conn, caller, device_id)
    if body.device_id == body.substitute_id:
        raise invalid("substitute_id", "must be another unit")
    wanted = [(body.device_id, body.substitute_id, microseconds(body.starts_at))]
    if body.exchange_starts_at is not None:
        back_us = microseconds(body.exchange_starts_at)
        wanted.append((body.substitute_id, body.device_id, back_us))
    periods = [await _shift_of(conn, caller, unit, starts_us) for unit, _, starts_us in wanted]
    if body.exchange_starts_at is None and await stored.is_on_shift(
        conn, body.substitute_id, periods[0]
    ):
        raise ApiProblem("substitute_on_duty")
    now_us = state.services.clock.now_us()
    ids = [
        await stored.save_swap(
            conn,
            Swap(id=0, device_id=a, substitute_id=b, starts_us=starts_us, note=body.note),
            caller.user.id,
            now_us,
        )
        for a, b, starts_us in wanted
    ]
    return {"ids": ids}


@router.delete("/shift-swaps/{swap_id}", status_code=204)
async def drop_swap(swap_id: int, conn: Conn, caller: RegisterEditor) -> None:
    """The shift is the planned unit's again."""
    for row in await stored.swaps(conn, caller.organisations, ALL_TIMES):
        if row["id"] == swap_id:
            units = [row["device_id"], row["substitute_id"]]
            return await stored.drop_swap(conn, swap_id, units, from_datetime(row["starts_at"]))
    raise ApiProblem("not_found")


async def _shift_of(
    conn: Connection, caller: Caller, device_id: int, starts_us: int
) -> tuple[int, int]:
    """The unit's own shift that starts then. Raises ApiProblem("no_such_shift")."""
    period_us = starts_us, starts_us + 1
    for row in await stored.shifts_worked(conn, caller.organisations, period_us, device_id):
        begins_us = from_datetime(row["starts_at"])
        if begins_us == starts_us and row["planned_device_id"] == device_id:
            return begins_us, from_datetime(row["ends_at"])
    raise ApiProblem("no_such_shift")


async def _sees(conn: Connection, caller: Caller, device_id: int) -> None:
    if await device(conn, caller.organisations, device_id) is None:
        raise ApiProblem("not_found")


def _period(since: Time, until: Time) -> tuple[int, int]:
    checked_period(since, until, MAX_DAYS)
    return microseconds(since), microseconds(until)


def _span(starts_at: Time, ends_at: Time) -> tuple[int, int]:
    starts_us, ends_us = microseconds(starts_at), microseconds(ends_at)
    if ends_us <= starts_us:
        raise invalid("ends_at", "it must come after starts_at")
    return starts_us, ends_us
