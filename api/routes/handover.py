"""What one shift of dispatchers hands to the next."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from api.access import Commander, Conn, Connection, Reader, State
from api.errors import ApiProblem
from api.shapes.patrol_work import NoteBody, NoteShape
from api.times import Time, iso, iso_us, microseconds
from storage.handover import handover_summary, list_notes, save_note, take_note
from storage.scope import visible_organisations

router = APIRouter(prefix="/patrol", tags=["patrol"])
Row = dict[str, Any]
SHIFT_US = 8 * 3_600_000_000


@router.get("/handover", response_model=list[NoteShape])
async def notes(conn: Conn, caller: Reader) -> Any:
    """Visible notes, newest first."""
    return [_shown(row) for row in await list_notes(conn, caller.organisations)]


@router.get("/handover/summary")
async def summary(
    state: State, conn: Conn, caller: Reader, since: Time | None = None
) -> dict[str, Any]:
    """The numbers that a note written now would carry; `since` null: eight hours ago."""
    now_us = state.services.clock.now_us()
    since_us = now_us - SHIFT_US if since is None else microseconds(since)
    found = await handover_summary(conn, caller.organisations, since_us, now_us)
    return found | {"since": iso_us(since_us), "at": iso_us(now_us)}


@router.post("/handover", response_model=NoteShape, status_code=201)
async def write(body: NoteBody, state: State, conn: Conn, caller: Commander) -> Any:
    """Write a note; it keeps the numbers of its moment."""
    owner = caller.user.organisation_id if body.organisation_id is None else body.organisation_id
    if not caller.sees(owner):
        raise ApiProblem("not_found")
    now_us = state.services.clock.now_us()
    since_us = now_us - SHIFT_US if body.since is None else microseconds(body.since)
    below = await visible_organisations(conn, owner)
    numbers = await handover_summary(conn, below, since_us, now_us)
    numbers |= {"since": iso_us(since_us), "at": iso_us(now_us)}
    note_id = await save_note(conn, owner, body.text, numbers, by=caller.user.id, now_us=now_us)
    return await _one(conn, caller.organisations, note_id)


@router.post("/handover/{note_id}/take", response_model=NoteShape)
async def take(note_id: int, state: State, conn: Conn, caller: Commander) -> Any:
    """Read, and taken over."""
    await _one(conn, caller.organisations, note_id)
    if not await take_note(conn, note_id, caller.user.id, state.services.clock.now_us()):
        raise ApiProblem("note_taken")
    return await _one(conn, caller.organisations, note_id)


async def _one(conn: Connection, organisations: list[int], note_id: int) -> Row:
    rows = await list_notes(conn, organisations, note_id)
    if not rows:
        raise ApiProblem("not_found")
    return _shown(rows[0])


def _shown(row: Row) -> Row:
    return row | {name: iso(row[name]) for name in ("created_at", "taken_at")}
