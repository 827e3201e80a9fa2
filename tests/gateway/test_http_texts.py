"""Texts and tasks for handsets that come by HTTP go home with the answer to the next request."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from protocols.handset import Answer, Hello, encode
from storage.database import Database
from tests.gateway.street import Street, fix, street
from tests.gateway.test_commands import queue, state, until_state

HELLO = encode(Hello(v=1, seq=1))


@asynccontextmanager
async def delivering(database: Database) -> AsyncIterator[Street]:
    async with street(database) as town:
        task = asyncio.create_task(town.rig.delivery.run())
        try:
            yield town
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def _waits(town: Street, device_id: int) -> None:
    async with asyncio.timeout(10):
        while not town.rig.delivery.waits(device_id):
            await asyncio.sleep(0.01)


async def test_the_next_answer_carries_them_once(plain_database: Database) -> None:
    async with delivering(plain_database) as town:
        token = await town.enrol("H1", "handset")
        ((device_id,),) = await town.rig.rows("SELECT id FROM devices")
        assert (await town.handset(HELLO, token)).json() == {"seq": 1, "ok": True}
        first = await queue(town.rig, device_id, "去 3 号路口")
        await _waits(town, device_id)
        second = await queue(town.rig, device_id, "再去 4 号", kind="task")
        answer = (await town.handset(fix(town.rig, 2), token)).json()
        assert (answer["seq"], answer["ok"]) == (2, True)
        assert [(one["type"], one["id"]) for one in answer["down"]] == [
            ("text", first), ("task", second)
        ]  # fmt: skip
        assert (await town.handset(fix(town.rig, 3, 5), token)).json() == {"seq": 3, "ok": True}
        assert (await state(town.rig, first))[0] == "sent"
        told = encode(Answer(v=1, seq=4, id=first, result="done"))
        assert (await town.handset(told, token)).json()["ok"]
        await until_state(town.rig, first, ("answered", "done", True, True))


async def test_what_a_handset_cannot_take_says_so(plain_database: Database) -> None:
    async with delivering(plain_database) as town:
        token = await town.enrol("H1", "handset")
        ((device_id,),) = await town.rig.rows("SELECT id FROM devices")
        photo = await queue(town.rig, device_id, "", kind="photo")
        await _waits(town, device_id)
        assert "down" not in (await town.handset(HELLO, token)).json()
        assert (await state(town.rig, photo))[:2] == ("answered", "unsupported_command")
