"""Transport permits: who may carry what from which site to which dumps, and when."""

from __future__ import annotations

from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fastapi import APIRouter, Query, Request, Response

from api.access import Caller, Conn, Connection, Reader, RegisterEditor, State
from api.errors import ApiProblem
from api.permit_file import import_permits
from api.rule_check import invalid
from api.shapes.permits import PermitBody, PermitShape, SheetImport, permit_json
from api.sheet_upload import read_sheet_body, refuse_problems
from api.times import Time, microseconds
from model.fences import Window
from model.permits import Permit
from storage.in_force import fence_in_force
from storage.permits import end_permit, list_permits, save_permits
from storage.registers import device

router = APIRouter(prefix="/permits", tags=["permits"])


@router.get("", response_model=list[PermitShape])
async def listed(
    *,
    conn: Conn,
    caller: Reader,
    device_id: int | None = None,
    number: str | None = None,
    at: Time | None = None,
    after_id: int | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Any:
    """Visible permits by id, newest version first; `at`: those in force then."""
    filters = {"device_id": device_id, "number": number, "at": at, "after_id": after_id}
    found = await list_permits(conn, caller.organisations, filters, limit)
    return [permit_json(permit) for permit in found]


@router.post("", response_model=PermitShape, status_code=201)
async def create(body: PermitBody, state: State, conn: Conn, caller: RegisterEditor) -> Any:
    """A new permit."""
    return await _save(conn, caller, body, 0, state.services.clock.now_us())


@router.post("/import", response_model=SheetImport)
async def import_(
    request: Request, state: State, conn: Conn, caller: RegisterEditor, *, dry_run: bool = False
) -> Any:
    """Permits of a CSV file (the raw body), all or none; `dry_run` only reports."""
    now_us, data = state.services.clock.now_us(), await read_sheet_body(request)
    sheet, saved = await import_permits(conn, caller.organisations, data, now_us, dry=dry_run)
    refuse_problems(sheet, dry_run)
    return sheet.shown([permit.id for permit in saved])


@router.put("/{permit_id}", response_model=PermitShape)
async def change(
    permit_id: int, body: PermitBody, state: State, conn: Conn, caller: RegisterEditor
) -> Any:
    """The next version, in force from `valid_from` on; the past before it stays as it was."""
    await _newest(conn, caller, permit_id)
    return await _save(conn, caller, body, permit_id, state.services.clock.now_us())


@router.delete("/{permit_id}", status_code=204)
async def revoke(permit_id: int, state: State, conn: Conn, caller: RegisterEditor) -> Response:
    """Revoked from now on."""
    await _newest(conn, caller, permit_id)
    await end_permit(conn, permit_id, state.services.clock.now_us())
    return Response(status_code=204)


async def _newest(conn: Connection, caller: Caller, permit_id: int) -> Permit:
    found = await list_permits(conn, caller.organisations, {"id": permit_id}, 1)
    if not found:
        raise ApiProblem("not_found")
    return found[0]


async def _save(
    conn: Connection, caller: Caller, body: PermitBody, permit_id: int, now_us: int
) -> Any:
    unit = await device(conn, caller.organisations, body.device_id)
    if unit is None:
        raise ApiProblem("not_found")
    named = (body.site_fence_id, *body.dump_fence_ids, body.route_fence_id)
    for fence_id in {id_ for id_ in named if id_ is not None}:
        if await fence_in_force(conn, caller.organisations, fence_id, now_us) is None:
            raise ApiProblem("not_found", fence_id=fence_id)
    from_us = now_us if body.valid_from is None else microseconds(body.valid_from)
    if microseconds(body.valid_to) <= from_us:
        raise invalid("valid_to", "it must come after valid_from")
    windows, zone = _windows(body)
    permit = Permit(
        id=permit_id,
        version=1,
        organisation_id=unit["organisation_id"],
        number=body.number,
        device_id=body.device_id,
        site_fence_id=body.site_fence_id,
        dump_fence_ids=tuple(body.dump_fence_ids),
        route_fence_id=body.route_fence_id,
        windows=windows,
        zone=zone,
        volume_m3=body.volume_m3,
        issued_by=body.issued_by,
        valid_from_us=from_us,
        valid_to_us=microseconds(body.valid_to),
    )
    return permit_json((await save_permits(conn, [permit]))[0])


def _windows(body: PermitBody) -> tuple[tuple[Window, ...] | None, str]:
    if body.schedule is None:
        return None, "Asia/Shanghai"
    try:
        ZoneInfo(body.schedule.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise invalid("schedule.zone", "no such IANA time zone") from error
    windows = tuple(
        Window(tuple(w.weekdays), w.start_min, w.end_min, w.days) for w in body.schedule.windows
    )
    return windows, body.schedule.zone
