"""When bytes that have come are worked off."""

from __future__ import annotations

import asyncio

import pytest

from gateway import tcp
from storage.database import Database
from tests.gateway.rig import position, running_rig, until


async def test_sockets_are_worked_off_in_slices(
    plain_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Socket:
        def __init__(self, name: str) -> None:
            self.name = name

        def work(self) -> None:
            done.append(self.name)

    done: list[str] = []
    monkeypatch.setattr(tcp, "SLICE_S", 0)
    async with running_rig(plain_database) as rig:
        for name in ("first", "second"):
            rig.door.work_soon(Socket(name))  # type: ignore[arg-type]
        asyncio.get_running_loop().call_soon(done.append, "another's turn")
        await until(lambda: len(done) == 3)
    assert done == ["first", "another's turn", "second"]


async def test_what_was_received_before_the_stop_is_stored(plain_database: Database) -> None:
    async with running_rig(plain_database) as rig:
        await rig.register("1")
        client = await rig.login("1")
        connection = next(iter(rig.door.connections))
        connection.data_received(position("1", rig.clock.now_us(), 3).encode() + b"\n")
        await rig.door.stop_listening()
        assert rig.ingest.waiting == 1
        assert await client.line() == "ACK 1 3 ok"
