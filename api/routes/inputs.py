"""What knocked and is not registered; what was refused."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from api.access import Conn, Inspector
from api.shapes.units import Refused, Unregistered
from api.times import iso
from storage.registers import quarantine, unregistered

router = APIRouter(tags=["input"])
MAX_SHOWN_BYTES = 1_024
Limit = Annotated[int, Query(ge=1, le=1_000)]


@router.get("/unregistered", response_model=list[Unregistered])
async def strangers(conn: Conn, caller: Inspector, limit: Limit = 500) -> Any:
    """Terminals that are not in the register, latest first. They belong to nobody yet, so only
    users of a topmost organisation see them."""
    if not caller.user.is_root:
        return []
    rows = await unregistered(conn, limit)
    return [
        {**row, "first_seen": iso(row["first_seen"]), "last_seen": iso(row["last_seen"])}
        for row in rows
    ]


@router.get("/quarantine", response_model=list[Refused])
async def refused(conn: Conn, caller: Inspector, limit: Limit = 200) -> Any:
    """Refused input with its reason, latest first."""
    rows = await quarantine(conn, caller.organisations, caller.user.is_root, limit)
    return [
        {
            **row,
            "received_at": iso(row["received_at"]),
            "hex": bytes(row["frame"][:MAX_SHOWN_BYTES]).hex(),
            "bytes": len(row["frame"]),
        }
        for row in rows
    ]
