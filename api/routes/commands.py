"""Commands to terminals, what became of them, and what terminals say besides."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from api.access import Commander, Conn, Reader, State
from api.command_body import command_body
from api.errors import ApiProblem
from api.shapes.commands import AnyCommand, Command, TerminalMessage, TerminalParameter
from api.times import iso
from api.violation_view import command_json
from protocols.jt808.parameter_names import PARAMETERS_TABLE
from storage.commands import (
    EXPIRES_AFTER_S,
    SETTING_EXPIRES_AFTER_S,
    commands_of_device,
    find_command,
    queue_command,
)
from storage.registers import device
from storage.terminal_messages import list_messages

router = APIRouter(tags=["commands"])
# What would only confuse hours later; settings wait for the terminal's next log-in.
_AT_ONCE = ("text", "photo", "track", "query_location", "link_test", "doors", "confirm_alarm",
            "record_audio")  # fmt: skip


@router.post("/devices/{device_id}/commands", response_model=Command, status_code=201)
async def send(device_id: int, body: AnyCommand, state: State, conn: Conn, by: Commander) -> Any:
    """Queue a command for a terminal; out at once or at the next log-in, or it expires."""
    unit = await device(conn, by.organisations, device_id)
    if unit is None:
        raise ApiProblem("not_found")
    now_us = state.services.clock.now_us()
    command_id = await queue_command(
        conn,
        organisation_id=unit["organisation_id"],
        device_id=device_id,
        kind=body.kind,
        body=await command_body(conn, by, unit, body, now_us),
        created_by=by.user.id,
        now_us=now_us,
        expires_after_s=EXPIRES_AFTER_S if body.kind in _AT_ONCE else SETTING_EXPIRES_AFTER_S,
    )
    queued = await find_command(conn, by.organisations, command_id)
    assert queued is not None
    await conn.commit()
    state.tell_command(command_id)
    return command_json(queued)


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


@router.get("/devices/{device_id}/messages", response_model=list[TerminalMessage])
async def messages(
    *,
    device_id: int,
    conn: Conn,
    caller: Reader,
    name: str | None = None,
    before_id: int | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Any:
    """What a terminal said besides positions and files, newest first; `name`: of one message."""
    if await device(conn, caller.organisations, device_id) is None:
        raise ApiProblem("not_found")
    filters = {"device_id": device_id, "name": name, "before_id": before_id, "limit": limit}
    rows = await list_messages(conn, caller.organisations, filters)
    return [{**row, "received_at": iso(row["received_at"])} for row in rows]


@router.get("/terminal-parameters", response_model=list[TerminalParameter])
async def parameters(_caller: Reader) -> Any:
    """The parameters that terminals of JT/T 808 have, by id."""
    kinds = {0: "text", -1: "hex"}
    return [
        {"id": f"0x{p.id:04X}", "name": p.name, "type": kinds.get(p.size, "number"), "unit": p.unit}
        for p in PARAMETERS_TABLE
    ]
