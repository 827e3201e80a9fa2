"""History from files: sent, watched, ended."""

from __future__ import annotations

from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fastapi import APIRouter, Query, Request, Response

from api.access import Caller, Conn, Connection, Importer, State
from api.errors import ApiProblem
from api.history_upload import received
from api.rule_check import invalid
from api.shapes.imports import ImportOptions, ImportShape
from api.state import AppState
from api.times import iso
from pipeline.child_jobs import TooManyJobsError
from storage.exports import OVER
from storage.import_jobs import add_import, forget_import, import_of, imports_of
from storage.instants import to_datetime
from storage.registers import device

router = APIRouter(prefix="/imports", tags=["imports"])
Row = dict[str, Any]


@router.post("", response_model=ImportShape, status_code=202)
async def send(
    request: Request,
    options: Annotated[ImportOptions, Query()],
    state: State,
    conn: Conn,
    caller: Importer,
) -> Any:
    """The body is the file; one is taken in at a time, others wait."""
    await _check(conn, caller, options)
    await conn.commit()  # an upload may take long
    most_bytes = state.services.settings.imports.max_megabytes << 20
    try:
        with state.imports.uploading():
            async with received(request, state.imports.folder, most_bytes) as path:
                size = path.stat().st_size
                row = await add_import(conn, _values(state, caller, options, size))
                await conn.commit()  # the job writes into its row from a connection of its own
                path.rename(state.imports.path_of(row["id"], options.format))
    except TooManyJobsError as error:
        raise ApiProblem("too_many_imports") from error
    state.imports.start(row)
    return await _one(state, conn, caller, row["id"])


@router.get("", response_model=list[ImportShape])
async def listed(state: State, conn: Conn, caller: Importer) -> Any:
    """The caller's own, the newest first."""
    return [_shown(state, row) for row in await imports_of(conn, caller.user.id)]


@router.get("/{import_id}", response_model=ImportShape)
async def one(import_id: int, state: State, conn: Conn, caller: Importer) -> Any:
    """How far it is."""
    return await _one(state, conn, caller, import_id)


@router.delete("/{import_id}", status_code=204)
async def removed(import_id: int, state: State, conn: Conn, caller: Importer) -> Response:
    """End it; what is stored stays."""
    await _found(conn, caller, import_id)
    await conn.commit()
    await state.imports.cancel(import_id)
    await forget_import(conn, import_id)
    return Response(status_code=204)


async def _check(conn: Connection, caller: Caller, options: ImportOptions) -> None:
    try:
        ZoneInfo(options.zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise invalid("zone", "is no IANA time zone, such as Asia/Shanghai") from error
    device_id = options.device_id
    if device_id is not None and await device(conn, caller.organisations, device_id) is None:
        raise ApiProblem("not_found")


def _values(state: AppState, caller: Caller, options: ImportOptions, size: int) -> Row:
    return {
        **options.model_dump(),
        "organisation_id": caller.user.organisation_id,
        "user_id": caller.user.id,
        "organisations": caller.organisations,
        "bytes": size,
        "now": to_datetime(state.services.clock.now_us()),
    }


async def _found(conn: Connection, caller: Caller, import_id: int) -> Row:
    row = await import_of(conn, caller.user.id, caller.organisations, import_id)
    if row is None:
        raise ApiProblem("not_found")
    return row


async def _one(state: AppState, conn: Connection, caller: Caller, import_id: int) -> Row:
    return _shown(state, await _found(conn, caller, import_id))


_TOLD = ("rows", "stored", "duplicates", "refused", "wrong")


def _shown(state: AppState, row: Row) -> Row:
    told = state.imports.told(row["id"])
    now = {name: row[name] for name in _TOLD}
    progress = 1.0 if row["state"] == "done" else 0.0
    if told is not None and row["state"] not in OVER:
        now, progress = {name: getattr(told, name) for name in _TOLD}, told.progress
    kept = ("id", "name", "format", "device_id", "state", "bytes", "error")
    return {
        **{name: row[name] for name in kept},
        **now,
        "wrong": [{"row": number, "why": why} for number, why in now["wrong"]],
        "progress": progress,
        "created_at": iso(row["created_at"]),
        "done_at": None if row["done_at"] is None else iso(row["done_at"]),
    }
