"""Fences in force, as GeoJSON; a change makes a new version."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from api.access import Caller, Conn, Connection, Reader, RuleEditor, State
from api.errors import ApiProblem
from api.fence_files import FormatName, ImportOptions, read_body, read_file
from api.fence_view import feature_of_fence, fence_feature
from api.shapes.fences import FenceImport
from api.shapes.rulebook import Feature, FeatureCollection
from geofence.datum import Datum
from geofence.formats import FORMATS
from geofence.geojson import FeatureError, feature_to_fence
from geofence.shapes import ShapeError
from model.fences import Fence
from model.rulebook import FAR_FUTURE_US
from pipeline.fence_export import ExportFailedError
from storage.fence_files import save_imported
from storage.in_force import fence_in_force, fences_in_force, users_of_fence
from storage.rulebook import end_fence, save_fence

router = APIRouter(prefix="/fences", tags=["fences"])


@router.get("", response_model=FeatureCollection)
async def listed(state: State, conn: Conn, caller: Reader) -> Any:
    """Fences in force that the caller owns, answers for, or has units assigned to."""
    rows = await fences_in_force(conn, caller.organisations, state.services.clock.now_us())
    return {"type": "FeatureCollection", "features": [fence_feature(row) for row in rows]}


@router.post("", response_model=Feature, status_code=201)
async def create(body: Feature, state: State, conn: Conn, caller: RuleEditor) -> Any:
    """A new fence, in force from now on."""
    properties = body.properties or {}
    own = properties.get("organisation_id") or caller.user.organisation_id
    return await _save(
        conn,
        caller,
        body,
        id=0,
        organisation_id=own,
        responsible_organisation_id=properties.get("responsible_organisation_id") or own,
        valid_from_us=state.services.clock.now_us(),
    )


@router.get("/export", response_class=Response)
async def export(
    state: State, caller: Reader, format: FormatName = "geojson", datum: Datum = "wgs84"
) -> Response:
    """The same fences as a file; the header X-Left-Out counts those that the format cannot hold."""
    try:
        content, left_out = await state.fence_exports.export(
            tuple(caller.organisations), state.services.clock.now_us(), format, datum
        )
    except ExportFailedError as failed:
        raise ApiProblem("export_failed", why=str(failed)) from failed
    name = f"fences{FORMATS[format].suffix}"
    return Response(
        content,
        media_type=FORMATS[format].media_type,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Left-Out": str(len(left_out)),
        },
    )


@router.post("/import", response_model=FenceImport)
async def import_(
    request: Request,
    options: Annotated[ImportOptions, Query()],
    state: State,
    conn: Conn,
    caller: RuleEditor,
) -> Any:
    """Fences of a file (the raw body), all or none, in force from now on.

    A fence in force with the same code gets its next version. `dry_run` only reports.
    """
    now_us = state.services.clock.now_us()
    own = caller.user.organisation_id
    data = await read_body(request)
    found = await asyncio.to_thread(read_file, data, options, own, caller.organisations, now_us)
    saved: list[Fence] = []
    if found.problems and not options.dry_run:
        raise ApiProblem(
            "invalid_request",
            fields=[
                {"field": note.where, "message": note.en, "message_zh": note.zh}
                for note in found.problems
            ],
            problem_count=found.problem_count,
        )
    if not options.dry_run:
        saved = await save_imported(conn, found.fences, own, now_us)
    return FenceImport.of(found, [fence.id for fence in saved])


@router.put("/{fence_id}", response_model=Feature)
async def change(fence_id: int, body: Feature, state: State, conn: Conn, caller: RuleEditor) -> Any:
    """The next version, in force from now on; the past is judged by the version of its time."""
    now_us = state.services.clock.now_us()
    known = await fence_in_force(conn, caller.organisations, fence_id, now_us)
    if known is None:
        raise ApiProblem("not_found")
    properties = body.properties or {}
    responsible = properties.get("responsible_organisation_id")
    return await _save(
        conn,
        caller,
        body,
        id=fence_id,
        organisation_id=properties.get("organisation_id") or known["organisation_id"],
        responsible_organisation_id=responsible or known["responsible_organisation_id"],
        valid_from_us=now_us,
    )


@router.delete("/{fence_id}", status_code=204)
async def end(fence_id: int, state: State, conn: Conn, caller: RuleEditor) -> Response:
    """Out of force from now on, with what it is assigned to; the past is judged with it as before.

    Refused while a rule or a permit in force names it.
    """
    now_us = state.services.clock.now_us()
    if await fence_in_force(conn, caller.organisations, fence_id, now_us) is None:
        raise ApiProblem("not_found")
    users = await users_of_fence(conn, fence_id, now_us)
    if any(users.values()):
        raise ApiProblem("fence_in_use", rules=users["rules"], permits=users["permits"])
    await end_fence(conn, fence_id, now_us)
    return Response(status_code=204)


async def _save(conn: Connection, caller: Caller, body: Feature, **fixed: Any) -> Any:
    if not caller.sees(fixed["organisation_id"]):
        raise ApiProblem("not_found")
    fence = _fence(body, **fixed, version=1, valid_to_us=FAR_FUTURE_US)
    if not caller.sees(fence.responsible_organisation_id):
        raise ApiProblem("not_found")
    return feature_of_fence(await save_fence(conn, fence))


def _fence(body: Feature, **fixed: Any) -> Fence:
    feature = body.model_dump(exclude={"id"})
    for name in ("valid_from", "valid_to"):
        (feature["properties"] or {}).pop(name, None)
    try:
        return feature_to_fence(feature, **fixed)
    except FeatureError as error:
        field = {"field": error.where or "feature", "message": error.en, "message_zh": error.zh}
        raise ApiProblem("invalid_request", fields=[field]) from error
    except ShapeError as error:
        field = {"field": "geometry", "message": error.en, "message_zh": error.zh}
        raise ApiProblem("invalid_request", fields=[field]) from error
