"""Electronic waybills: one load of one truck from a site to a dump."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request

from api.access import Caller, Conn, Connection, Reader, RegisterEditor, State
from api.errors import ApiProblem
from api.periods import checked_period
from api.permit_file import import_waybills
from api.rule_check import invalid
from api.shapes.permits import SheetImport, UnreadWaybill, WaybillBody, WaybillShape, waybill_json
from api.shapes.trips import Reconciliation
from api.sheet_upload import read_sheet_body, refuse_problems
from api.times import Time, iso, iso_us, microseconds
from model.permits import Waybill
from rules.reconciliation import Line, reconcile_waybills
from storage.in_force import fence_in_force
from storage.registers import device
from storage.terminal_waybills import unreadable_waybills
from storage.trip_lists import counted_trips
from storage.waybills import list_waybills, save_waybills

router = APIRouter(prefix="/waybills", tags=["permits"])
MAX_RECONCILED_DAYS = 31
MAX_RECONCILED = 100_000  # waybills, and trips, that one reconciliation compares
MAX_LINES = 2_000


@router.get("", response_model=list[WaybillShape])
async def listed(
    *,
    conn: Conn,
    caller: Reader,
    device_id: int | None = None,
    number: str | None = None,
    since: Annotated[Time | None, Query(alias="from")] = None,
    until: Annotated[Time | None, Query(alias="to")] = None,
    before_id: int | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Any:
    """Visible waybills, newest first; `from` and `to`: issued in the period."""
    filters = {
        "device_id": device_id,
        "number": number,
        "from": since,
        "to": until,
        "before_id": before_id,
    }
    found = await list_waybills(conn, caller.organisations, filters, limit)
    return [waybill_json(waybill) for waybill in found]


@router.post("", response_model=WaybillShape, status_code=201)
async def create(body: WaybillBody, state: State, conn: Conn, caller: RegisterEditor) -> Any:
    """A new waybill; one of the same number is refused."""
    now_us = state.services.clock.now_us()
    waybill = await _checked(conn, caller, body, now_us)
    known = await list_waybills(conn, [waybill.organisation_id], {"number": body.number}, 1)
    if known:
        raise ApiProblem("waybill_exists", number=body.number)
    return await _save(conn, waybill)


@router.post("/import", response_model=SheetImport)
async def import_(
    request: Request, state: State, conn: Conn, caller: RegisterEditor, *, dry_run: bool = False
) -> Any:
    """Waybills of a CSV file (the raw body), all or none; `dry_run` only reports."""
    now_us, data = state.services.clock.now_us(), await read_sheet_body(request)
    sheet, saved = await import_waybills(conn, caller.organisations, data, now_us, dry=dry_run)
    refuse_problems(sheet, dry_run)
    return sheet.shown([waybill.id for waybill in saved])


@router.get("/unread", response_model=list[UnreadWaybill])
async def unread(
    *,
    conn: Conn,
    caller: Reader,
    before_id: int | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Any:
    """Waybills of terminals that could not be read, newest first."""
    rows = await unreadable_waybills(conn, caller.organisations, before_id, limit)
    return [{**row.pop("outcome"), **row, "received_at": iso(row["received_at"])} for row in rows]


@router.get("/reconciliation", response_model=Reconciliation)
async def reconciliation(
    *,
    state: State,
    conn: Conn,
    caller: Reader,
    since: Annotated[Time, Query(alias="from")],
    until: Annotated[Time, Query(alias="to")],
) -> Any:
    """Waybills and trips of a period, what does not fit first. What lies just outside the period is
    matched, too, so that its edges accuse nobody."""
    checked_period(since, until, MAX_RECONCILED_DAYS)
    period = (since - timedelta(days=1), until + timedelta(days=1))
    wide = {"from": period[0], "to": period[1]}
    papers = await list_waybills(conn, caller.organisations, wide, MAX_RECONCILED)
    runs = await counted_trips(conn, caller.organisations, period, MAX_RECONCILED)
    if len(papers) == MAX_RECONCILED or len(runs) == MAX_RECONCILED:
        raise invalid("to", f"over {MAX_RECONCILED} waybills or trips: ask for fewer days")
    now_us = state.services.clock.now_us()
    found = await asyncio.to_thread(reconcile_waybills, papers, runs, now_us)
    first_us, end_us = microseconds(since), microseconds(until)
    lines = [line for line in found if first_us <= line.at_us < end_us]
    lines.sort(key=lambda line: line.verdict in ("matched", "pending"))
    return {
        "counts": Counter(line.verdict for line in lines),
        "lines": [_line_json(line) for line in lines[:MAX_LINES]],
        "cut": len(lines) > MAX_LINES,
    }


def _line_json(line: Line) -> dict[str, Any]:
    trip = None
    if line.trip is not None:
        trip = {**msgspec.to_builtins(line.trip), "left_at": iso_us(line.trip.left_us)}
    waybill = None if line.waybill is None else waybill_json(line.waybill)
    return {"verdict": line.verdict, "waybill": waybill, "trip": trip}


@router.put("/{waybill_id}", response_model=WaybillShape)
async def change(
    waybill_id: int, body: WaybillBody, state: State, conn: Conn, caller: RegisterEditor
) -> Any:
    """Correct a waybill; its number and its unit's organisation stay."""
    known = await _one(conn, caller, waybill_id)
    waybill = await _checked(conn, caller, body, state.services.clock.now_us())
    if (waybill.number, waybill.organisation_id) != (known.number, known.organisation_id):
        raise invalid("number", "the number of a waybill, and whose it is, stay: make a new one")
    return await _save(conn, msgspec.structs.replace(waybill, cancelled_us=known.cancelled_us))


@router.delete("/{waybill_id}", response_model=WaybillShape)
async def cancel(waybill_id: int, state: State, conn: Conn, caller: RegisterEditor) -> Any:
    """Cancelled from now on; it stays in the register."""
    known = await _one(conn, caller, waybill_id)
    if known.cancelled_us is None:
        now_us = state.services.clock.now_us()
        known = msgspec.structs.replace(known, cancelled_us=now_us)
    return await _save(conn, known)


async def _one(conn: Connection, caller: Caller, waybill_id: int) -> Waybill:
    found = await list_waybills(conn, caller.organisations, {"id": waybill_id}, 1)
    if not found:
        raise ApiProblem("not_found")
    return found[0]


async def _checked(conn: Connection, caller: Caller, body: WaybillBody, now_us: int) -> Waybill:
    unit = await device(conn, caller.organisations, body.device_id)
    if unit is None:
        raise ApiProblem("not_found")
    for fence_id in (body.site_fence_id, body.dump_fence_id):
        if await fence_in_force(conn, caller.organisations, fence_id, now_us) is None:
            raise ApiProblem("not_found", fence_id=fence_id)
    issued_us = now_us if body.issued_at is None else microseconds(body.issued_at)
    if microseconds(body.valid_until) <= issued_us:
        raise invalid("valid_until", "it must come after issued_at")
    return Waybill(
        id=0,
        organisation_id=unit["organisation_id"],
        number=body.number,
        device_id=body.device_id,
        site_fence_id=body.site_fence_id,
        dump_fence_id=body.dump_fence_id,
        volume_m3=body.volume_m3,
        issued_us=issued_us,
        valid_to_us=microseconds(body.valid_until),
    )


async def _save(conn: Connection, waybill: Waybill) -> Any:
    return waybill_json((await save_waybills(conn, [waybill]))[0])
