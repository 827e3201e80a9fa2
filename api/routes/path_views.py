"""Who looked at whose path."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from api.access import Conn, Reader
from api.shapes.patrol_work import PathView
from api.times import iso
from storage.path_views import path_views

router = APIRouter(prefix="/patrol", tags=["patrol"])
Row = dict[str, Any]
Limit = Annotated[int, Query(ge=1, le=500)]


@router.get("/views", response_model=list[PathView])
async def views(
    conn: Conn,
    caller: Reader,
    device_id: int | None = None,
    before_id: int | None = None,
    limit: Limit = 100,
) -> Any:
    """Looks at visible inspectors, the latest first."""
    found = await path_views(
        conn, caller.organisations, None, device_id=device_id, before_id=before_id, limit=limit
    )
    return [shown_view(row) for row in found]


def shown_view(row: Row) -> Row:
    """With its times as ISO 8601."""
    return row | {name: iso(row[name]) for name in ("at", "from_time", "to_time")}
