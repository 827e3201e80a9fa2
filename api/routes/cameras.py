"""The register of cameras and teams that report sightings."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from api.access import Conn, Reader, RegisterEditor, State
from api.errors import ApiProblem
from api.shapes.sightings import Camera, CameraChange, NewCamera, Place
from api.times import iso
from storage.cameras import MAX_CAMERAS, add_camera, cameras, change_camera, new_token, token_hash

router = APIRouter(prefix="/cameras", tags=["sightings"])
Row = dict[str, Any]


@router.get("", response_model=list[Camera])
async def listed(conn: Conn, caller: Reader) -> Any:
    """Those of the visible organisations, without their tokens."""
    return [_shown(row) for row in await cameras(conn, caller.organisations)]


@router.post("", response_model=Camera, status_code=201)
async def create(body: NewCamera, state: State, conn: Conn, caller: RegisterEditor) -> Any:
    """A new source; its token is in this answer and nowhere else."""
    organisation_id = body.organisation_id or caller.user.organisation_id
    if not caller.sees(organisation_id):
        raise ApiProblem("not_found")
    if body.kind == "camera" and body.place is None:
        missing = {"field": "place", "message": "a camera has a place; only a team tells its own"}
        raise ApiProblem("invalid_request", fields=[missing])
    token = new_token()
    camera = {
        "organisation_id": organisation_id,
        "kind": body.kind,
        "name": body.name,
        **_e6(body.place),
        "token_sha256": token_hash(token),
    }
    try:
        row = await add_camera(conn, camera, state.services.clock.now_us())
    except ValueError as error:
        raise ApiProblem("too_many_cameras", limit=MAX_CAMERAS) from error
    return _shown(row, token)


@router.patch("/{camera_id}", response_model=Camera)
async def change(camera_id: int, body: CameraChange, conn: Conn, caller: RegisterEditor) -> Any:
    """Rename, move, switch off, or give a new token."""
    changes: Row = {
        name: value
        for name, value in (("name", body.name), ("enabled", body.enabled))
        if value is not None
    }
    if body.place is not None:
        changes |= _e6(body.place)
    token = new_token() if body.new_token else None
    if token is not None:
        changes["token_sha256"] = token_hash(token)
    row = await change_camera(conn, caller.organisations, camera_id, changes)
    if row is None:
        raise ApiProblem("not_found")
    return _shown(row, token)


def _e6(place: Place | None) -> Row:
    return {
        "longitude_e6": None if place is None else round(place.longitude * 1e6),
        "latitude_e6": None if place is None else round(place.latitude * 1e6),
    }


def _shown(row: Row, token: str | None = None) -> Row:
    place = None
    if row["longitude_e6"] is not None:
        place = {"longitude": row["longitude_e6"] / 1e6, "latitude": row["latitude_e6"] / 1e6}
    names = ("id", "organisation_id", "kind", "name", "enabled")
    shown = {name: row[name] for name in names}
    return {**shown, "place": place, "created_at": iso(row["created_at"]), "token": token}
