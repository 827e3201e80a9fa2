"""A terminal is on one connection: the newest."""

from __future__ import annotations

import asyncio

from storage.database import Database
from tests.gateway.rig import Client, position, running_rig, until


async def test_a_newer_connection_takes_over(plain_database: Database) -> None:
    async with running_rig(plain_database) as rig:
        await rig.register("1")
        old = await rig.login("1")
        new = await rig.login("1")
        assert await old.closed()
        await until(lambda: rig.counters["closed.taken_over"] == 1)
        assert len(rig.online) == 1
        new.send(position("1", rig.clock.now_us(), 1))
        assert await new.line() == "ACK 1 1 ok"


async def test_a_connection_that_carries_others_stays(plain_database: Database) -> None:
    async with running_rig(plain_database) as rig:
        await rig.register("1")
        await rig.register("2")
        forwarder = await rig.login("1")
        forwarder.send(forwarder.login_line("2"))
        assert await forwarder.line() == "IN 2"
        await rig.login("1")
        forwarder.send(position("2", rig.clock.now_us(), 5))
        assert await forwarder.line() == "ACK 2 5 ok"
        forwarder.send("$BYE 2", "$BEAT 2")
        assert await forwarder.line() == "BEAT 2"
        await until(lambda: len(rig.online) == 1)


async def test_a_forwarder_that_reconnects_a_thousand_times(plain_database: Database) -> None:
    async with running_rig(plain_database) as rig:
        identities = [str(n) for n in range(5)]
        for identity in identities:
            await rig.register(identity)
        clients: list[Client] = []
        for _ in range(1_000):
            client = await rig.connect()
            client.send(*(client.login_line(identity) for identity in identities))
            await client.lines(len(identities))
            clients.append(client)
            if len(clients) > 2:
                clients.pop(0).writer.close()
        await until(lambda: len(rig.door.connections) == 1)
        assert len(rig.online) == len(identities)
        assert rig.counters["closed.taken_over"] == 999
        clients[-1].writer.close()
        await until(lambda: not len(rig.online))
        assert not rig.door.connections
        for client in clients:
            client.writer.close()
        await asyncio.sleep(0)
