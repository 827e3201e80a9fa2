"""Sightings: reported by cameras (with their token) and people, listed, and their photos."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.security import HTTPAuthorizationCredentials

from api.access import Conn, Connection, Reader, State, bearer, identify
from api.errors import ApiProblem
from api.photos import photo_response
from api.shapes.sightings import Sighting, StoredSighting, StoredSightings
from api.sighting_body import SightingBatch, described, read_json, read_report
from api.state import AppState
from api.times import Time, iso
from api.violation_view import person
from model.plates import normal_plate
from pipeline.sightings import SightingIntake, SightingProblem, SightingReport
from storage.cameras import TOKEN_PREFIX, Source, source_of_token
from storage.instants import DAY_US
from storage.sightings import Stored, find_sighting, list_sightings

router = APIRouter(prefix="/sightings", tags=["sightings"])
Row = dict[str, Any]


async def reporting(
    state: State,
    conn: Conn,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
) -> Source:
    """A camera by its token, or a person who may work violations."""
    if credentials is None:
        raise ApiProblem("not_logged_in")
    token = credentials.credentials
    if token.startswith(TOKEN_PREFIX):
        source = await source_of_token(conn, token)
        if source is None:
            raise ApiProblem("not_logged_in")
        return source
    caller = await identify(state, conn, token)
    if not caller.may("work_violations"):
        raise ApiProblem("forbidden", role=caller.user.role, permission="work_violations")
    return Source(organisation_id=caller.user.organisation_id, user_id=caller.user.id)


Reporter = Annotated[Source, Depends(reporting)]


@router.post(
    "",
    response_model=StoredSighting,
    status_code=201,
    openapi_extra=described(SightingReport, form=True),
)
async def report(request: Request, state: State, conn: Conn, source: Reporter) -> Any:
    """One sighting; stored once, however often it is reported."""
    return (await _store(state, conn, source, [await read_report(request)]))[0]


@router.post(
    "/batch",
    response_model=StoredSightings,
    status_code=201,
    openapi_extra=described(SightingBatch),
)
async def report_batch(request: Request, state: State, conn: Conn, source: Reporter) -> Any:
    """Up to 100 sightings, all or none."""
    batch = await read_json(request, SightingBatch)
    return {"sightings": await _store(state, conn, source, batch.sightings)}


async def _store(
    state: AppState, conn: Connection, source: Source, reports: Sequence[SightingReport]
) -> list[Stored]:
    services = state.services
    retention_us = services.settings.database.retention_days * DAY_US
    intake = SightingIntake(services.database, state.media, services.clock, retention_us)
    try:
        return await intake.take(conn, source, reports)
    except SightingProblem as problem:
        if problem.code == "too_many_plates":
            raise ApiProblem("too_many_plates") from problem
        wrong = {"field": problem.field, "message": str(problem), "code": problem.code}
        raise ApiProblem("invalid_request", fields=[wrong]) from problem


@router.get("", response_model=list[Sighting])
async def listed(
    *,
    conn: Conn,
    caller: Reader,
    plate: Annotated[str | None, Query(max_length=40)] = None,
    device_id: int | None = None,
    camera_id: int | None = None,
    registered: bool | None = None,
    since: Annotated[Time | None, Query(alias="from")] = None,
    until: Annotated[Time | None, Query(alias="to")] = None,
    before_id: int | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Any:
    """Visible sightings, newest report first; the next page starts at `before_id`."""
    filters = {
        "plate": None if plate is None else normal_plate(plate),
        "device_id": device_id,
        "camera_id": camera_id,
        "registered": registered,
        "from": since,
        "to": until,
        "before_id": before_id,
    }
    rows = await list_sightings(conn, caller.organisations, filters, limit)
    return [sighting_json(row) for row in rows]


@router.get("/{sighting_id}", response_model=Sighting)
async def one(sighting_id: int, conn: Conn, caller: Reader) -> Any:
    """One visible sighting."""
    return sighting_json(await _visible(conn, caller.organisations, sighting_id))


@router.get("/{sighting_id}/photo")
async def photo(sighting_id: int, state: State, conn: Conn, caller: Reader) -> Response:
    """Its picture."""
    row = await _visible(conn, caller.organisations, sighting_id)
    return await photo_response(state, conn, row["photo"])


async def _visible(conn: Connection, organisations: Sequence[int], sighting_id: int) -> Row:
    row = await find_sighting(conn, organisations, sighting_id)
    if row is None:
        raise ApiProblem("not_found")
    return row


_SHOWN = (
    *("id", "organisation_id", "organisation", "plate", "registered", "accuracy_m"),
    *("confidence", "note"),
)


def sighting_json(row: Row) -> Row:
    """The Sighting of docs/api.md from a row of storage.sightings."""
    camera = photo = None
    if row["camera_id"] is not None:
        names = {"id": "camera_id", "kind": "camera_kind", "name": "camera_name"}
        camera = {name: row[column] for name, column in names.items()}
    if row["photo"] is not None:
        photo = {
            "sha256": row["photo"],
            "content_type": row["photo_type"],
            "bytes": row["photo_bytes"],
            "url": f"/sightings/{row['id']}/photo",
        }
    return {
        **{name: row[name] for name in _SHOWN},
        "camera": camera,
        "reported_by": person(row["user_id"], row["user_name"]),
        "device": {name: row[f"device_{name}"] for name in ("id", "name", "kind")},
        "seen_at": iso(row["seen_at"]),
        "received_at": iso(row["received_at"]),
        "longitude": row["longitude_e6"] / 1e6,
        "latitude": row["latitude_e6"] / 1e6,
        "photo": photo,
    }
