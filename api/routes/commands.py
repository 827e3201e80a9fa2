"""Commands to terminals."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from api.access import Commander, Conn, Reader, State
from api.driver_texts import check_text
from api.errors import ApiProblem
from api.shapes.units import Command, PhotoCommand, TextCommand
from api.violation_view import command_json
from storage.commands import commands_of_device, find_command, queue_command
from storage.registers import device

router = APIRouter(tags=["commands"])


@router.post("/devices/{device_id}/commands", response_model=Command, status_code=201)
async def send(
    device_id: int, body: TextCommand | PhotoCommand, state: State, conn: Conn, by: Commander
) -> Any:
    """Queue a text or a photo for a terminal; out at once or at the next log-in, or it expires."""
    unit = await device(conn, by.organisations, device_id)
    if unit is None:
        raise ApiProblem("not_found")
    command_id = await queue_command(
        conn,
        organisation_id=unit["organisation_id"],
        device_id=device_id,
        kind=body.kind,
        body=_content(body),
        created_by=by.user.id,
        now_us=state.services.clock.now_us(),
    )
    queued = await find_command(conn, by.organisations, command_id)
    assert queued is not None
    await conn.commit()
    state.tell_command(command_id)
    return command_json(queued)


def _content(body: TextCommand | PhotoCommand) -> dict[str, Any]:
    if isinstance(body, TextCommand):
        return {"text": check_text(body.text), "flags": body.flags}
    return body.model_dump(exclude={"kind"})


@router.get("/devices/{device_id}/commands", response_model=list[Command])
async def of_device(device_id: int, conn: Conn, caller: Reader) -> Any:
    """A device's commands, newest first."""
    if await device(conn, caller.organisations, device_id) is None:
        raise ApiProblem("not_found")
    rows = await commands_of_device(conn, caller.organisations, device_id)
    return [command_json(row) for row in rows]


@router.get("/commands/{command_id}", response_model=Command)
async def one(command_id: int, conn: Conn, caller: Reader) -> Any:
    """One command and what became of it."""
    row = await find_command(conn, caller.organisations, command_id)
    if row is None:
        raise ApiProblem("not_found")
    return command_json(row)
