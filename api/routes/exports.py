"""Tracks and violations as files: ordered, watched, fetched."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import FileResponse

from api.access import Caller, Conn, Connection, Reader, State
from api.errors import ApiProblem
from api.looks import look_at
from api.rule_check import check_kind, invalid
from api.shapes.exports import ExportShape, NewExport
from api.state import AppState
from api.times import iso, microseconds
from model.vehicles import UnitKind
from pipeline.export.order import MEDIA_TYPES, Order
from storage.exports import OVER, add_export, export_of, exports_of, forget_export
from storage.instants import to_datetime
from storage.registers import devices

router = APIRouter(prefix="/exports", tags=["exports"])
Row = dict[str, Any]
MAX_DAYS = 366


@router.post("", response_model=ExportShape, status_code=202)
async def order(body: NewExport, state: State, conn: Conn, caller: Reader) -> Any:
    """Order a file; two are made at a time, others wait."""
    if body.until <= body.since or body.until - body.since > timedelta(days=MAX_DAYS):
        raise invalid("to", f"must come after `from`, at most {MAX_DAYS} days")
    _check_filters(body)
    if state.exports.full:
        raise ApiProblem("too_many_exports")
    visible = {row["id"]: row["kind"] for row in await devices(conn, caller.organisations)}
    if not set(visible).issuperset(body.device_ids or ()):
        raise ApiProblem("not_found")
    if body.what == "tracks":
        period_us = microseconds(body.since), microseconds(body.until)
        for device_id in visible if body.device_ids is None else body.device_ids:
            if visible[device_id] == UnitKind.INSPECTOR:
                await look_at(state, conn, caller, device_id, period_us, source="track")
    row = await add_export(conn, _values(state, caller, body))
    await conn.commit()  # the job writes into its row from a connection of its own
    state.exports.start(row["id"], _order(state, caller, body))
    return await _one(state, conn, caller, row["id"])


@router.get("", response_model=list[ExportShape])
async def listed(state: State, conn: Conn, caller: Reader) -> Any:
    """The caller's own, the newest first."""
    return [_shown(state, row) for row in await exports_of(conn, caller.user.id)]


@router.get("/{export_id}", response_model=ExportShape)
async def one(export_id: int, state: State, conn: Conn, caller: Reader) -> Any:
    """How far it is."""
    return await _one(state, conn, caller, export_id)


@router.get("/{export_id}/file")
async def fetched(export_id: int, state: State, conn: Conn, caller: Reader) -> Response:
    """The file, for the person who ordered it and still sees all that is in it."""
    row = await _found(conn, caller, export_id)
    path = state.exports.path_of(export_id, row["format"])
    if row["state"] != "done":
        raise ApiProblem("export_not_done", state=row["state"])
    if not path.is_file():
        raise ApiProblem("not_found")
    name = f"{row['what']}-{row['from_time']:%Y%m%d}-{row['to_time']:%Y%m%d}.{row['format']}"
    return FileResponse(path, media_type=MEDIA_TYPES[row["format"]], filename=name)


@router.delete("/{export_id}", status_code=204)
async def removed(export_id: int, state: State, conn: Conn, caller: Reader) -> Response:
    """End it, and delete its file."""
    row = await _found(conn, caller, export_id)
    await state.exports.cancel(export_id)
    await forget_export(conn, export_id)
    state.exports.remove(export_id, row["format"])
    return Response(status_code=204)


def _check_filters(body: NewExport) -> None:
    """Else a file would hold what was not asked for, or nothing."""
    for name in ("kind", "status"):
        if body.what == "tracks" and getattr(body, name) is not None:
            raise invalid(name, "picks violations: with what=violations only")
    if body.kind is not None:
        check_kind(body.kind)


def _values(state: AppState, caller: Caller, body: NewExport) -> Row:
    return {
        "organisation_id": caller.user.organisation_id,
        "user_id": caller.user.id,
        "organisations": caller.organisations,
        "what": body.what,
        "format": body.format,
        "from": body.since,
        "to": body.until,
        "now": to_datetime(state.services.clock.now_us()),
    }


def _order(state: AppState, caller: Caller, body: NewExport) -> Order:
    settings, database = state.services.settings.database, state.services.database
    return Order(
        url=settings.replica_url or database.url,
        what=body.what,
        format=body.format,
        path="",
        organisations=tuple(caller.organisations),
        from_us=microseconds(body.since),
        to_us=microseconds(body.until),
        device_ids=None if body.device_ids is None else tuple(body.device_ids),
        kind=body.kind,
        status=body.status,
        datum=body.datum,
        hide_off_shift=state.duty is not None,
    )


async def _found(conn: Connection, caller: Caller, export_id: int) -> Row:
    row = await export_of(conn, caller.user.id, caller.organisations, export_id)
    if row is None:
        raise ApiProblem("not_found")
    return row


async def _one(state: AppState, conn: Connection, caller: Caller, export_id: int) -> Row:
    return _shown(state, await _found(conn, caller, export_id))


def _shown(state: AppState, row: Row) -> Row:
    told = state.exports.told(row["id"])
    over = row["state"] in OVER
    hours = timedelta(hours=state.services.settings.exports.keep_hours)
    done = row["state"] == "done"
    return {
        **{name: row[name] for name in ("id", "what", "format", "state", "bytes", "cut", "error")},
        "from": iso(row["from_time"]),
        "to": iso(row["to_time"]),
        "progress": 1.0 if done else told.progress if told and not over else 0.0,
        "rows": told.rows if told and not over else row["rows"],
        "created_at": iso(row["created_at"]),
        "expires_at": iso(row["done_at"] + hours) if done else None,
        "url": f"/exports/{row['id']}/file" if done else None,
    }
