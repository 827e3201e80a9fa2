"""Firmware for terminals: a file that goes out in sub-packages (JT/T 808 0x8108)."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request

from api.access import Commander, Conn, State
from api.command_body import check_command
from api.errors import ApiProblem
from api.rule_check import invalid
from api.shapes.commands import Command
from api.violation_view import command_json
from storage.commands import SETTING_EXPIRES_AFTER_S, find_command, queue_command
from storage.media import record_media
from storage.registers import device

router = APIRouter(tags=["commands"])
MAX_UPGRADE_BYTES = 8 << 20
Target = Literal["terminal", "ic_reader", "beidou", "adas", "dsm", "tpms", "bsd"]


@router.post("/devices/{device_id}/upgrade", response_model=Command, status_code=201)
async def upgrade(  # noqa: PLR0917
    device_id: int,
    request: Request,
    state: State,
    conn: Conn,
    by: Commander,
    version: Annotated[str, Query(min_length=1, max_length=60)],
    target: Target = "terminal",
    maker_id: Annotated[str, Query(max_length=5)] = "",
) -> Any:
    """Queue an upgrade: the raw body is the file. It waits a day for the terminal's next log-in;
    its answer is 0x0108, whenever the terminal has started anew."""
    unit = await device(conn, by.organisations, device_id)
    if unit is None:
        raise ApiProblem("not_found")
    data = await _file(request)
    about = {"target": target, "maker_id": maker_id, "version": version}
    check_command(unit, "upgrade", {**about, "file": b""})
    media = await asyncio.to_thread(state.media.put, data, photo=False)
    now_us = state.services.clock.now_us()
    await record_media(conn, media, now_us)
    command_id = await queue_command(
        conn,
        organisation_id=unit["organisation_id"],
        device_id=device_id,
        kind="upgrade",
        body={**about, "sha256": media.sha256, "bytes": media.bytes},
        created_by=by.user.id,
        now_us=now_us,
        expires_after_s=SETTING_EXPIRES_AFTER_S,
    )
    queued = await find_command(conn, by.organisations, command_id)
    assert queued is not None
    await conn.commit()
    state.tell_command(command_id)
    return command_json(queued)


async def _file(request: Request) -> bytes:
    data = bytearray()
    async for piece in request.stream():
        data += piece
        if len(data) > MAX_UPGRADE_BYTES:
            raise invalid("body", f"has over {MAX_UPGRADE_BYTES} bytes")
    if not data:
        raise invalid("body", "the body is the firmware file, and there is none")
    return bytes(data)
