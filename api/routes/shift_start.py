"""Roll-call when a shift starts."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from api.access import Conn, Reader, State
from api.patrol.shift_start import roll_call
from api.shapes.shift_start import StartRollcall
from api.times import Time, iso_us, microseconds
from storage.instants import DAY_US
from storage.shift_starts import shift_starts

router = APIRouter(prefix="/patrol", tags=["patrol"])


@router.get("/rollcall/start", response_model=StartRollcall)
async def start_rollcall(state: State, conn: Conn, caller: Reader, at: Time | None = None) -> Any:
    """Who of the shifts that start at a time is there, late, absent, on leave, or unknown; without
    a time, of the last start that has come."""
    now_us = state.services.clock.now_us()
    middle_us = now_us if at is None else microseconds(at)
    near = await shift_starts(conn, caller.organisations, middle_us - DAY_US, middle_us + DAY_US)
    starts = [(microseconds(start), count) for start, count in near]
    begun = max((start_us for start_us, _ in starts if start_us <= now_us), default=now_us)
    starts_us = begun if at is None else microseconds(at)
    return {
        "starts_at": iso_us(starts_us),
        "starts": [{"starts_at": iso_us(start_us), "people": count} for start_us, count in starts],
        **await roll_call(state, conn, caller.organisations, starts_us, now_us),
    }
