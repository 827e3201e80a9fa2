"""Terminals for the engineer who connects them: profiles, and which bits and items move."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Query

from api.access import Conn, Inspector, Reader, State
from api.errors import ApiProblem
from api.registries import terminal_profiles
from api.shapes.terminals import Movement, TerminalLink, TerminalProfile
from api.times import Time, iso_us, microseconds
from protocols.jt808 import JT808
from protocols.jt808.movement import Movement as Moving
from storage.raw_frames import raw_frames_of
from storage.registers import device

router = APIRouter(tags=["terminals"])
DEFAULT_US = 1_800 * 1_000_000
MAX_PERIOD_US = 86_400 * 1_000_000
MAX_FRAMES = 20_000


@router.get("/terminal-profiles", response_model=list[TerminalProfile])
async def profiles(state: State, _caller: Reader) -> Any:
    """The profiles that a unit may have."""
    found = terminal_profiles(state.services.settings.gateway.profiles_dir)
    return [
        {
            "name": profile.name,
            "zh": profile.zh,
            "en": profile.en,
            "signals": sorted(
                {rule.signal for rule in profile.words} | {rule.signal for rule in profile.items}
            ),
        }
        for profile in found.values()
    ]


@router.get("/devices/{device_id}/link", response_model=TerminalLink)
async def link(device_id: int, state: State, conn: Conn, caller: Inspector) -> Any:
    """How a terminal is connected, and whether it sends more than one may."""
    if await device(conn, caller.organisations, device_id) is None:
        raise ApiProblem("not_found")
    told = state.services.terminal_link(device_id)
    since_us, last_us = told.get("since_us"), told.get("last_us")
    return {
        "online": since_us is not None,
        "protocol": told.get("protocol"),
        "peer": told.get("peer"),
        "since": None if since_us is None else iso_us(since_us),
        "last": None if last_us is None else iso_us(last_us),
        "too_fast": told.get("too_fast", 0),
    }


@router.get("/devices/{device_id}/bits", response_model=Movement)
async def bits(
    *,
    device_id: int,
    state: State,
    conn: Conn,
    caller: Inspector,
    since: Annotated[Time | None, Query(alias="from")] = None,
    until: Annotated[Time | None, Query(alias="to")] = None,
) -> Any:
    """Which bits and items of a terminal moved: the last half hour, or a period within a day."""
    if await device(conn, caller.organisations, device_id) is None:
        raise ApiProblem("not_found")
    to_us = state.services.clock.now_us() if until is None else microseconds(until)
    from_us = to_us - DEFAULT_US if since is None else microseconds(since)
    if not from_us <= to_us <= from_us + MAX_PERIOD_US:
        fields = [{"field": "to", "message": "must lie after `from`, at most a day"}]
        raise ApiProblem("invalid_request", fields=fields)
    frames = await raw_frames_of(conn, device_id, from_us, to_us + 1, MAX_FRAMES)
    pairs = [(one.time_us, one.frame) for one in frames if one.protocol == JT808.name]
    return await asyncio.to_thread(_moved, pairs)


def _moved(frames: list[tuple[int, bytes]]) -> dict[str, Any]:
    moving = Moving()
    moving.see(frames)
    shown = moving.shown()
    for bit in (*shown["bits"], *(bit for item in shown["items"] for bit in item["bits"])):
        bit["changed_at"] = [iso_us(time_us) for time_us in bit.pop("changed_us")]
    return shown
