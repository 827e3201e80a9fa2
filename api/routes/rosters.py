"""Patterns of shifts, and the rosters that assign them to people."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from fastapi import APIRouter, Request

from api.access import Caller, Conn, Connection, Reader, RegisterEditor, State
from api.errors import ApiProblem
from api.roster_file import import_rosters
from api.rule_check import invalid
from api.shapes.permits import SheetImport
from api.shapes.rosters import Made, PatternBody, PatternShape, RosterBody, RosterShape, RostersMade
from api.sheet_upload import read_sheet_body, refuse_problems
from model.fences import Window
from model.rosters import Roster, ShiftPattern
from pipeline.rosters import BACK_DAYS, remake
from storage import rosters as stored
from storage.instants import DAY_US
from storage.registers import device_ids

router = APIRouter(tags=["roster"])
ZONE = ZoneInfo("Asia/Shanghai")


@router.get("/shift-patterns", response_model=list[PatternShape])
async def patterns(conn: Conn, caller: Reader) -> Any:
    """Visible patterns."""
    return [_json(pattern) for pattern in await stored.patterns(conn, caller.organisations)]


@router.post("/shift-patterns", response_model=Made, status_code=201)
async def add_pattern(body: PatternBody, conn: Conn, caller: RegisterEditor) -> Any:
    """A new pattern; names are unique in an organisation."""
    owner = caller.user.organisation_id if body.organisation_id is None else body.organisation_id
    if not caller.sees(owner):
        raise ApiProblem("not_found")
    await _name_is_free(conn, owner, body.name, 0)
    return {"id": await stored.save_pattern(conn, _pattern(body, 0, owner))}


@router.put("/shift-patterns/{pattern_id}", response_model=RostersMade)
async def change_pattern(
    pattern_id: int, body: PatternBody, state: State, conn: Conn, caller: RegisterEditor
) -> Any:
    """Shifts that have not begun follow."""
    known = await _one(conn, caller, pattern_id)
    await _name_is_free(conn, known.organisation_id, body.name, pattern_id)
    await stored.save_pattern(conn, _pattern(body, pattern_id, known.organisation_id))
    changed = await remake(conn, state.services.clock.now_us())
    return {"ids": [pattern_id], "shifts": changed}


@router.delete("/shift-patterns/{pattern_id}", status_code=204)
async def drop_pattern(pattern_id: int, conn: Conn, caller: RegisterEditor) -> None:
    """Of a pattern that no roster has ever used."""
    await _one(conn, caller, pattern_id)
    if not await stored.drop_pattern(conn, pattern_id):
        raise ApiProblem("pattern_in_use")


@router.get("/rosters", response_model=list[RosterShape])
async def rosters(
    conn: Conn, caller: Reader, device_id: int | None = None, since: date | None = None
) -> Any:
    """Who works by which pattern; `since`: those that still count on that day."""
    return await stored.rosters(conn, caller.organisations, device_id, since)


@router.post("/rosters", response_model=RostersMade, status_code=201)
async def add_rosters(body: RosterBody, state: State, conn: Conn, caller: RegisterEditor) -> Any:
    """Assign a pattern; a `from_date` in the past makes shifts of the last days too."""
    await _one(conn, caller, body.pattern_id)
    if not set(body.device_ids) <= set(await device_ids(conn, caller.organisations)):
        raise ApiProblem("not_found")
    if body.to_date is not None and body.to_date < body.from_date:
        raise invalid("to_date", "it must not come before from_date")
    wanted = [
        Roster(
            id=0, device_id=device_id, pattern_id=body.pattern_id, from_date=body.from_date,
            to_date=body.to_date,
        )
        for device_id in dict.fromkeys(body.device_ids)
    ]  # fmt: skip
    ids = await stored.save_rosters(conn, wanted)
    return {"ids": ids, "shifts": await _reach_back(conn, state.services.clock.now_us(), ids)}


@router.post("/rosters/import", response_model=SheetImport)
async def import_(
    request: Request, state: State, conn: Conn, caller: RegisterEditor, *, dry_run: bool = False
) -> Any:
    """Rosters of a CSV file (the raw body), all or none; `dry_run` only reports."""
    now_us, data = state.services.clock.now_us(), await read_sheet_body(request)
    sheet, ids = await import_rosters(conn, caller.organisations, data, now_us, dry=dry_run)
    refuse_problems(sheet, dry_run)
    if ids:
        await _reach_back(conn, now_us, ids)
    return sheet.shown(ids)


@router.delete("/rosters/{roster_id}", status_code=204)
async def end_roster(roster_id: int, state: State, conn: Conn, caller: RegisterEditor) -> None:
    """Ends today: shifts that have not begun go, those of the past stay."""
    known = [row["id"] for row in await stored.rosters(conn, caller.organisations)]
    if roster_id not in known:
        raise ApiProblem("not_found")
    now_us = state.services.clock.now_us()
    today = datetime.fromtimestamp(now_us / 1e6, ZONE).date()
    await stored.end_roster(conn, roster_id, today, now_us)
    await remake(conn, now_us)


async def _reach_back(conn: Connection, now_us: int, ids: list[int]) -> int:
    return await remake(conn, now_us, since_us=now_us - BACK_DAYS * DAY_US, ids=ids)


async def _one(conn: Connection, caller: Caller, pattern_id: int) -> ShiftPattern:
    for pattern in await stored.patterns(conn, caller.organisations):
        if pattern.id == pattern_id:
            return pattern
    raise ApiProblem("not_found")


async def _name_is_free(conn: Connection, organisation_id: int, name: str, own_id: int) -> None:
    for pattern in await stored.patterns(conn, [organisation_id]):
        if pattern.name == name and pattern.id != own_id:
            raise invalid("name", "another pattern has this name")


def _pattern(body: PatternBody, id_: int, organisation_id: int) -> ShiftPattern:
    try:
        ZoneInfo(body.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise invalid("zone", "no such IANA time zone") from error
    windows = tuple(Window(tuple(w.weekdays), w.start_min, w.end_min, w.days) for w in body.windows)
    return ShiftPattern(
        id=id_, organisation_id=organisation_id, name=body.name, zone=body.zone, windows=windows
    )


def _json(pattern: ShiftPattern) -> dict[str, Any]:
    shown: dict[str, Any] = msgspec.to_builtins(pattern)
    return shown
