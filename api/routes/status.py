"""GET /status and /basemap."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import APIRouter
from fastapi.responses import FileResponse

from api.access import Conn, Own, Reader, State
from api.shapes.patrol import Status
from api.shapes.rulebook import FeatureCollection
from api.status import status_of

router = APIRouter(tags=["status"])


@router.get("/status", response_model=Status)
async def status(state: State, conn: Conn, caller: Reader) -> Any:
    """The numbers of the page's header and footer, within the caller's scope."""
    return await status_of(state, conn, caller)


@router.get("/basemap", responses={200: {"model": FeatureCollection}})
async def basemap(state: State, _: Own) -> Any:
    """Roads, river, parks and sites for the built-in style; empty when none is set."""
    given = state.services.basemap
    if isinstance(given, Path):
        return FileResponse(given, media_type="application/geo+json")
    return given or {"type": "FeatureCollection", "features": []}
