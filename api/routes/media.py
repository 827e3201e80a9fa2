"""Photos that terminals uploaded: listed, and each as a picture."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from api.access import Conn, Reader, State
from api.errors import ApiProblem
from api.photos import photo_response
from api.shapes.media import TerminalPhoto
from api.times import Time, iso
from storage.terminal_media import find_media, list_media

router = APIRouter(prefix="/media", tags=["media"])
_COPIED = ("id", "organisation_id", "device_id", "media_number", "event", "note", "channel",
           "sha256", "content_type", "bytes")  # fmt: skip


@router.get("", response_model=list[TerminalPhoto])
async def listed(
    *,
    conn: Conn,
    caller: Reader,
    device_id: int | None = None,
    media_number: int | None = None,
    since: Annotated[Time | None, Query(alias="from")] = None,
    until: Annotated[Time | None, Query(alias="to")] = None,
    before_id: int | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Any:
    """Visible photos and other files, newest first; the next page starts at `before_id`."""
    filters = {
        "device_id": device_id,
        "media_number": media_number,
        "from": since,
        "to": until,
        "before_id": before_id,
        "limit": limit,
    }
    return [_shown(row) for row in await list_media(conn, caller.organisations, filters)]


@router.get("/{media_id}")
async def picture(media_id: int, state: State, conn: Conn, caller: Reader) -> Response:
    """The picture itself."""
    row = await find_media(conn, caller.organisations, media_id)
    if row is None:
        raise ApiProblem("not_found")
    return await photo_response(state, conn, row["sha256"])


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    placed = row["longitude_e6"] is not None
    return {
        **{name: row[name] for name in _COPIED},
        "taken_at": None if row["taken_at"] is None else iso(row["taken_at"]),
        "received_at": iso(row["received_at"]),
        "longitude": row["longitude_e6"] / 1e6 if placed else None,
        "latitude": row["latitude_e6"] / 1e6 if placed else None,
        "url": f"/media/{row['id']}",
    }
