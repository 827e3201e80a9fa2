"""Who was where: units within an area and a period, and who dirtied a road."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from api.access import Caller, Connection, ReadConn, Reader, State
from api.area import AreaQuery, area_query, box_of, index_of
from api.looks import Shown, shown_rows
from api.passers import (
    LOOK_BACK_US,
    LOOKED_AT,
    Left,
    passer,
    passes_of,
    sites_left,
    weight_of,
    worst_pass,
)
from api.periods import checked_period
from api.shapes.places import Passers, Visits
from api.times import Time, iso_us, microseconds
from geofence.index import FenceIndex
from geofence.visits import Visit, visits
from model.fences import Fence
from model.position import UNKNOWN, Rows
from model.vehicles import UnitKind
from storage.area import fixes_in_box
from storage.fence_files import fence_of
from storage.in_force import fences_in_force
from storage.passers import dirty_violations
from storage.registers import devices
from storage.tracks import positions_of_many

router = APIRouter(tags=["places"])
Row = dict[str, Any]
Area = Annotated[AreaQuery, Depends(area_query)]
MAX_DAYS = 2
MAX_VISITS = 500
MAX_PASSERS = 200
# A line through the area between two fixes begins so far outside: 10 s at 100 km/h, or 30 s at 36.
MARGIN_M = 300.0
UNITS_AT_ONCE = 20  # of which three hours are in memory together
HAULERS = (UnitKind.MUCK_TRUCK, UnitKind.MIXER, UnitKind.GARBAGE_TRUCK)


@router.get("/visits", response_model=Visits)
async def visited(
    *,
    state: State,
    conn: ReadConn,
    caller: Reader,
    area: Area,
    since: Annotated[Time, Query(alias="from")],
    until: Annotated[Time, Query(alias="to")],
    kind: Annotated[list[UnitKind] | None, Query()] = None,
    after: Time | None = None,
    after_device: int = 0,
    limit: Annotated[int, Query(ge=1, le=MAX_VISITS)] = 200,
) -> Any:
    """Visits to an area by the time they began; the next page: `after` and `after_device` are the
    `from` and the unit of the last one. At most 2 days and 500,000 fixes."""
    fence = await area.fence(conn, caller, state.services.clock.now_us())
    units, rows, cut = await _fixes(
        conn, caller, fence, _period(since, until), kind, shown=await shown_rows(state, conn)
    )
    found = await asyncio.to_thread(lambda: visits(index_of(fence), rows))
    found.sort(key=lambda visit: (visit.from_us, visit.device_id))
    last = (microseconds(after), after_device) if after else (0, 0)
    page = [visit for visit in found if (visit.from_us, visit.device_id) > last][:limit]
    return {"visits": [_visit_json(visit, rows, units) for visit in page], "cut": cut}


@router.get("/passers", response_model=Passers)
async def passed(
    *,
    state: State,
    conn: ReadConn,
    caller: Reader,
    area: Area,
    since: Annotated[Time, Query(alias="from")],
    until: Annotated[Time, Query(alias="to")],
    kind: Annotated[list[UnitKind] | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PASSERS)] = 50,
) -> Any:
    """Who dirtied this road: units that passed it, those with most against them first. Without
    `kind`: those that haul. At most 2 days and 500,000 fixes."""
    now_us = state.services.clock.now_us()
    fence = await area.fence(conn, caller, now_us)
    units, rows, cut = await _fixes(conn, caller, fence, _period(since, until), kind or HAULERS)
    found = await asyncio.to_thread(lambda: visits(index_of(fence), rows))
    passes = passes_of(found, rows)
    period_us = microseconds(since) - LOOK_BACK_US, microseconds(until) + LOOK_BACK_US
    against = await dirty_violations(conn, caller.organisations, list(passes), period_us)
    # Those with nothing against them yet are looked into as far as the list may go.
    chosen = sorted(passes, key=lambda device_id: -weight_of(passes[device_id]))[:MAX_PASSERS]
    worst = {device_id: worst_pass(passes[device_id])["from_us"] for device_id in chosen}
    left = await _sites_left(conn, caller, worst)
    ranked = [
        passer(
            units[device_id],
            passes[device_id],
            left.get(device_id),
            (v for v in against if v["device_id"] == device_id),
        )
        for device_id in chosen
    ]
    ranked.sort(key=lambda line: (-line["score"], -line["passes"], line["last_at"]))
    return {"passers": ranked[:limit], "cut": cut}


def _period(since: datetime, until: datetime) -> tuple[int, int]:
    """In microseconds, `until` included. Raises ApiProblem("invalid_request")."""
    checked_period(since, until, MAX_DAYS)
    return microseconds(since), microseconds(until) + 1


async def _fixes(
    conn: Connection,
    caller: Caller,
    fence: Fence,
    period_us: tuple[int, int],
    kinds: Sequence[UnitKind] | None,
    *,
    shown: Shown = lambda rows: rows,
) -> tuple[dict[int, Row], Rows, bool]:
    """Units by id, their fixes near the area, and whether some are missing."""
    known = await devices(conn, caller.organisations)
    units = {row["id"]: row for row in known if kinds is None or row["kind"] in kinds}
    box = box_of(fence, MARGIN_M)
    rows, cut = await fixes_in_box(conn, caller.organisations, list(units), box, period_us)
    return units, shown(rows), cut


async def _sites_left(conn: Connection, caller: Caller, before: dict[int, int]) -> dict[int, Left]:
    """Of each unit the site where it last stood before a time."""
    if not before:
        return {}
    fences = await fences_in_force(conn, caller.organisations, max(before.values()))
    tagged = [row for row in fences if LOOKED_AT & set(row["tags"])]
    index = FenceIndex([fence_of(row) for row in tagged])
    left: dict[int, Left] = {}
    for start in range(0, len(before), UNITS_AT_ONCE):
        some = list(before)[start : start + UNITS_AT_ONCE]
        since = {device_id: before[device_id] - LOOK_BACK_US for device_id in some}
        rows = await positions_of_many(conn, since, max(before[device_id] for device_id in some))
        left |= await asyncio.to_thread(sites_left, rows, index, before)
    return left


def _visit_json(visit: Visit, rows: Rows, units: dict[int, Row]) -> Row:
    piece = rows[visit.first : visit.last + 1]
    speeds = piece["speed_kmh_e1"][piece["speed_kmh_e1"] != UNKNOWN]
    return {
        "device": units[visit.device_id],
        "from": iso_us(visit.from_us),
        "to": iso_us(visit.to_us),
        "fixes": len(piece),
        "max_speed_kmh": float(speeds.max()) / 10 if len(speeds) else None,
    }
