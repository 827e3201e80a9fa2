"""Commands: delivered once, to whoever is connected, with the answer noted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from psycopg.types.json import Jsonb

from storage.database import Database
from tests.gateway.rig import Rig, running_rig


@asynccontextmanager
async def delivering(database: Database) -> AsyncIterator[Rig]:
    async with running_rig(database) as rig:
        task = asyncio.create_task(rig.delivery.run())
        try:
            yield rig
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def queue(
    rig: Rig, device_id: int, text: str, seconds: float = 600, kind: str = "text"
) -> int:
    async with rig.database.pool.connection() as conn:
        cursor = await conn.execute(
            "INSERT INTO commands (organisation_id, device_id, kind, body, created_at, expires_at)"
            " VALUES (1, %s, %s, %s, now(), now() + make_interval(secs => %s)) RETURNING id",
            (device_id, kind, Jsonb({"text": text}), seconds),
        )
        row = await cursor.fetchone()
    assert row is not None
    rig.delivery.wake()
    return int(row[0])


async def state(rig: Rig, command_id: int) -> tuple[Any, ...]:
    rows = await rig.rows(
        f"SELECT state, result, sent_at IS NOT NULL, answered_at IS NOT NULL FROM commands"
        f" WHERE id = {command_id}"
    )
    return rows[0]


async def until_state(rig: Rig, command_id: int, wanted: tuple[Any, ...]) -> None:
    async with asyncio.timeout(10):
        while await state(rig, command_id) != wanted:
            await asyncio.sleep(0.02)


async def test_a_command_reaches_the_terminal_and_its_answer_is_noted(
    plain_database: Database,
) -> None:
    async with delivering(plain_database) as rig:
        device = await rig.register("1")
        client = await rig.login("1")
        with rig.hub.subscribe(["command"]) as seen:
            number = await queue(rig, device, "cover")
            assert await client.line() == f"TEXT 1 {number} cover"
            await until_state(rig, number, ("sent", None, True, False))
            client.send(f"$ANSWER 1 {number} done")
            await until_state(rig, number, ("answered", "done", True, True))
            for _ in range(2):
                message = await seen.get()
                assert message is not None
                assert (message.organisation_id, message.payload) == (1, {"id": number})


async def test_a_terminal_that_was_away_gets_its_commands_once(plain_database: Database) -> None:
    async with delivering(plain_database) as rig:
        device = await rig.register("1")
        other = await rig.register("2")
        first = await queue(rig, device, "first")
        second = await queue(rig, device, "second")
        foreign = await queue(rig, other, "not for 1")
        await asyncio.sleep(0.2)
        assert await state(rig, first) == ("queued", None, False, False)
        client = await rig.login("1")
        assert await client.lines(2) == [f"TEXT 1 {first} first", f"TEXT 1 {second} second"]
        again = await rig.login("1")
        assert await again.silent(1.2)
        assert await state(rig, foreign) == ("queued", None, False, False)


async def test_nobody_answers_for_another_terminal(plain_database: Database) -> None:
    async with delivering(plain_database) as rig:
        device = await rig.register("1")
        await rig.register("2")
        client, thief = await rig.login("1"), await rig.login("2")
        number = await queue(rig, device, "x")
        await client.line()
        thief.send(f"$ANSWER 2 {number} done", "$ANSWER 2 999999 done")
        client.send(f"$ANSWER 1 {number} failed", f"$ANSWER 1 {number} done")
        await until_state(rig, number, ("answered", "failed", True, True))
        await asyncio.sleep(0.2)
        assert await state(rig, number) == ("answered", "failed", True, True)


async def test_commands_expire_and_impossible_ones_say_so(plain_database: Database) -> None:
    async with delivering(plain_database) as rig:
        device = await rig.register("1")
        late = await queue(rig, device, "too late", seconds=0.05)
        await asyncio.sleep(0.1)
        client = await rig.login("1")
        impossible = await queue(rig, device, "", kind="self_destruct")
        await until_state(rig, impossible, ("answered", "unsupported_command", True, True))
        assert await client.silent()
        await until_state(rig, late, ("expired", None, False, False))
