"""A gateway's HTTP door with terminals of each protocol before it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import httpx

from gateway.http import HttpDoor, HttpLimits
from protocols.contract import ProtocolError, Upload
from protocols.handset import Fix, encode_fixes
from protocols.registry import protocols_by_name
from storage.database import Database
from storage.registration import Registration
from storage.terminal_tokens import issue_token
from tests.gateway.rig import Rig, running_rig


class Shelf:
    """Where photos go; `answer` is what their senders are told."""

    def __init__(self) -> None:
        self.kept: list[Upload] = []
        self.answer: ProtocolError | None = None

    def submit(self, upload: Upload, received_us: int, settled: Any) -> None:
        self.kept.append(upload)
        settled(upload, self.answer)


@dataclass
class Street:
    rig: Rig
    door: HttpDoor
    client: httpx.AsyncClient
    shelf: Shelf

    async def enrol(self, identity: str, protocol: str) -> str:
        """A registered terminal with a token."""
        device_id = await self.rig.register(identity, protocol)
        async with self.rig.database.pool.connection() as conn:
            issued = await issue_token(conn, None, device_id)
        assert issued is not None
        registration = Registration(self.rig.database.pool)
        self.rig.directory.refresh(
            await registration.load_devices(), tokens=await registration.load_tokens()
        )
        return issued[1]

    async def handset(self, payload: bytes, token: str, identity: str = "H1") -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"}
        return await self.client.post(f"/handset/{identity}", content=payload, headers=headers)


@asynccontextmanager
async def street(
    database: Database, limits: HttpLimits | None = None, **given: Any
) -> AsyncIterator[Street]:
    """Everything by one port: the door that recognises protocols hands HTTP over."""
    async with running_rig(database, **given) as rig:
        shelf = Shelf()
        desk = replace(rig.door.desk, media=shelf, letters=rig.delivery)
        door = HttpDoor(desk, protocols_by_name().values(), limits)
        await door.start()
        rig.door.http = door
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{rig.port}", timeout=20) as client:
            try:
                yield Street(rig, door, client, shelf)
            finally:
                rig.writer.gate.set()
                await door.stop()


def fix(rig: Rig, seq: int, seconds_ago: int = 0) -> bytes:
    now_ms = rig.clock.now_us() // 1_000 - 1_000 * seconds_ago
    return encode_fixes(seq, [Fix(t=now_ms, lon=121.4 + seq / 1e4, lat=31.2)])
