"""WS /live: positions, violations, commands and the status, within the caller's scope."""

from __future__ import annotations

import asyncio
import time

from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from api.access import Caller, identify, socket_state_of
from api.errors import PROBLEMS, ApiProblem
from api.live.client import POSITIONS_EVERY_S, STATUS_EVERY_S, Client, SlowClient
from api.state import AppState
from api.status import status_of
from storage.registers import device_ids

router = APIRouter()
RECHECK_S = 30.0
# WebSocket close codes: 4000 + the HTTP status that would have been given.
CLOSE_UNAUTHORISED, CLOSE_SLOW, CLOSE_AGAIN = 4401, 4408, 1013


@router.websocket("/live")
async def live(socket: WebSocket, token: str = "") -> None:
    """Messages until either side ends; a client that does not read is disconnected."""
    state = socket_state_of(socket)
    await socket.accept()
    caller = await _caller(state, token)
    if caller is None:
        await socket.close(CLOSE_UNAUTHORISED, PROBLEMS["not_logged_in"][2])
        return
    if state.relay.full:
        await socket.close(CLOSE_AGAIN, "too many live connections")
        return
    client = Client(socket, caller)
    reader = asyncio.create_task(_read(socket, client))
    state.relay.join(client)
    try:
        await _serve(state, client, token)
        await socket.close(CLOSE_AGAIN, client.closing)
    except SlowClient:
        await _abandon(socket)
    except (WebSocketDisconnect, RuntimeError):
        return  # the peer has gone while we were sending
    finally:
        state.relay.leave(client)
        reader.cancel()
        await asyncio.gather(reader, return_exceptions=True)


async def _caller(state: AppState, token: str) -> Caller | None:
    try:
        async with state.services.database.pool.connection() as conn:
            return await identify(state, conn, token)
    except ApiProblem:
        return None


async def _read(socket: WebSocket, client: Client) -> None:
    """Notice that the peer has gone; what it says does not matter."""
    while (await socket.receive())["type"] != "websocket.disconnect":
        continue
    client.close("gone")


async def _abandon(socket: WebSocket) -> None:
    try:
        async with asyncio.timeout(1):
            await socket.close(CLOSE_SLOW, "too slow")
    except (TimeoutError, WebSocketDisconnect, RuntimeError):
        return


async def _serve(state: AppState, client: Client, token: str) -> None:
    async with state.services.database.pool.connection() as conn:
        latest = await state.latest.all(conn)
        devices = await device_ids(conn, client.caller.organisations)
    client.offer_positions(latest[device] for device in devices if device in latest)
    due_positions_s = due_status_s = time.monotonic()
    due_check_s = due_status_s + RECHECK_S
    while client.closing is None:
        now_s = time.monotonic()
        await client.send_events()
        if now_s >= due_positions_s:
            await client.send_positions()
            due_positions_s = now_s + POSITIONS_EVERY_S
        if now_s >= due_check_s:
            await _recheck(state, client, token)
            due_check_s = now_s + RECHECK_S
        if now_s >= due_status_s:
            await _send_status(state, client)
            due_status_s = now_s + STATUS_EVERY_S
        await client.wait(max(0.0, due_positions_s - time.monotonic()))


async def _send_status(state: AppState, client: Client) -> None:
    async with state.services.database.pool.connection() as conn:
        status = await status_of(state, conn, client.caller)
    await client.send({"type": "status", "status": status})


async def _recheck(state: AppState, client: Client, token: str) -> None:
    """The user may have been disabled or moved, or the token may have expired."""
    caller = await _caller(state, token)
    if caller is None:
        client.close("logged out")
    else:
        client.caller = caller
