"""What sweepers and water trucks have covered of their assigned roads in a period."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query

from api.access import Caller, ReadConn, Reader
from api.errors import ApiProblem
from api.rule_check import invalid
from api.shapes.coverage import CoverageShape
from api.times import Time, iso_us, microseconds
from rules.coverage_report import MAX_DAYS, coverage
from storage.coverage import MAX_PAIRS, work_roads
from storage.database import Connection
from storage.in_force import fence_in_force
from storage.instants import DAY_US
from storage.registers import device
from storage.tracks import positions_of

router = APIRouter(tags=["rules"])


@router.get("/coverage", response_model=CoverageShape)
async def covered(
    *,
    conn: ReadConn,
    caller: Reader,
    from_: Annotated[Time, Query(alias="from")],
    to: Time,
    device_id: int | None = None,
    fence_id: int | None = None,
    passes: Annotated[int, Query(ge=1, le=20)] = 1,
) -> Any:
    """By fence; `device_id`: the roads of one unit, `fence_id`: one road, by all its units."""
    period_us = microseconds(from_), microseconds(to)
    if not 0 < period_us[1] - period_us[0] <= MAX_DAYS * DAY_US:
        raise invalid("to", f"must lie after `from`, at most {MAX_DAYS} days")
    if device_id is None and fence_id is None:
        raise invalid("device_id", "give device_id, fence_id or both")
    pairs = await work_roads(conn, caller.organisations, period_us, device_id, fence_id)
    if not pairs:
        await _sees(conn, caller, device_id, fence_id, period_us[1] - 1)
    if len(pairs) > MAX_PAIRS:
        raise invalid("device_id", f"more than {MAX_PAIRS} units and roads: give both")
    fences = {fence.id: fence for *_, fence in pairs}
    names = {unit: name for unit, name, *_ in pairs}
    found = []
    for fence in fences.values():
        tracks = [
            (unit, kind, await positions_of(conn, unit, *period_us))
            for unit, _, kind, of in pairs
            if of.id == fence.id
        ]
        wanted = {"passes": float(passes)}
        report = await asyncio.to_thread(coverage, fence, tracks, period_us, wanted)
        shown = msgspec.to_builtins(report)
        for unit in shown["units"]:
            unit["name"] = names[unit["device_id"]]
        named = {"fence_id": fence.id, "version": fence.version, "name": fence.name}
        found.append({**named, **shown})
    return {"from": iso_us(period_us[0]), "to": iso_us(period_us[1]), "fences": found}


async def _sees(
    conn: Connection, caller: Caller, device_id: int | None, fence_id: int | None, at_us: int
) -> None:
    """Raise, unless what was asked about is the caller's and only nothing was assigned."""
    own = caller.organisations
    if device_id is not None and await device(conn, own, device_id) is None:
        raise ApiProblem("not_found")
    if fence_id is not None and await fence_in_force(conn, own, fence_id, at_us) is None:
        raise ApiProblem("not_found")
