"""WS /live: positions, violations, commands and the status, within the caller's scope."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from api.access import Caller, identify, socket_state_of
from api.errors import PROBLEMS, ApiProblem
from api.live.client import POSITIONS_EVERY_S, STATUS_EVERY_S, Client, SlowClient
from api.state import AppState
from api.status import status_of, status_without_database
from storage.problems import AWAY
from storage.registers import device_ids

router = APIRouter()
Status = dict[str, Any]
RECHECK_S = 30.0
DATABASE_WAIT_S = 1.0  # a database that hangs does not hold up what is shown without it
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
    asking = _Asking(state, client, token)
    try:
        await _send(asking, client)
    finally:
        await asking.stop()


async def _send(asking: _Asking, client: Client) -> None:
    due_positions_s = due_status_s = time.monotonic()
    while client.closing is None:
        now_s = time.monotonic()
        await client.send_events()
        if now_s >= due_positions_s:
            await client.send_positions()
            due_positions_s = now_s + POSITIONS_EVERY_S
        if now_s >= due_status_s:
            status = await asking.status()
            if status is not None:
                await client.send({"type": "status", "status": status})
            due_status_s = now_s + STATUS_EVERY_S
        await client.wait(max(0.0, due_positions_s - time.monotonic()))


class _Asking:
    """What the database is asked beside the sending: the status, and whether the user may still
    see it. While it is away the last status goes out, with the spool as it is now."""

    def __init__(self, state: AppState, client: Client, token: str) -> None:
        self._state = state
        self._client = client
        self._token = token
        self._due_check_s = time.monotonic() + RECHECK_S
        self._task: asyncio.Task[Status] | None = None

    async def status(self) -> Status | None:
        """The status as far as it is known."""
        self._task = self._task or asyncio.create_task(self._ask())
        done, _ = await asyncio.wait({self._task}, timeout=DATABASE_WAIT_S)
        if not done:
            return status_without_database(self._state, self._client.caller)
        task, self._task = self._task, None
        try:
            return task.result()
        except AWAY:
            return status_without_database(self._state, self._client.caller)

    async def stop(self) -> None:
        """Ask no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _ask(self) -> Status:
        if time.monotonic() >= self._due_check_s:
            await self._recheck()
            self._due_check_s = time.monotonic() + RECHECK_S
        async with self._state.services.database.pool.connection() as conn:
            return await status_of(self._state, conn, self._client.caller)

    async def _recheck(self) -> None:
        """The user may have been disabled or moved, or the token may have expired."""
        caller = await _caller(self._state, self._token)
        if caller is None:
            self._client.close("logged out")
        else:
            self._client.caller = caller
