"""Pictures as answers, for those who may see what they belong to."""

from __future__ import annotations

import asyncio

from fastapi import Response

from api.access import Connection
from api.errors import ApiProblem
from api.state import AppState
from storage.media import media_of

# Named by its content: what was read once needs never be read again.
_HEADERS = {"Cache-Control": "private, max-age=86400, immutable"}


async def photo_response(state: AppState, conn: Connection, sha256: str | None) -> Response:
    """The file. Raises ApiProblem("not_found")."""
    media = None if sha256 is None else await media_of(conn, sha256)
    data = None if media is None else await asyncio.to_thread(state.media.get, media.sha256)
    if media is None or data is None:
        raise ApiProblem("not_found")
    headers = dict(_HEADERS)
    if not media.content_type.startswith("image/"):
        headers["Content-Disposition"] = f'attachment; filename="{media.sha256[:12]}"'
    return Response(data, media_type=media.content_type, headers=headers)
