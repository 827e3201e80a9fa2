"""The gateway as a whole: all doors opened and closed together, and what it says about itself."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack

import aiomqtt
import pytest

from gateway.gateway import DoorProblem, Gateway
from gateway.options import GatewayOptions, MqttOptions
from gateway.tcp import TcpLimits
from storage.command_queue import CommandQueue
from storage.database import Database
from tests.gateway.rig import Rig, running_rig, until
from tests.gateway.test_jt808 import location, reply


def gateway_of(rig: Rig, options: GatewayOptions) -> Gateway:
    return Gateway(
        options,
        ingest=rig.ingest,
        clock=rig.clock,
        directory=rig.directory,
        commands=CommandQueue(rig.database.pool),
        counters=rig.counters,
        live=rig.hub,
    )


async def test_every_door_of_one_process(plain_database: Database) -> None:
    async with plain_database.pool.connection() as conn:
        await conn.execute("INSERT INTO organisations (id, name) VALUES (1, 'City')")
    options = GatewayOptions(
        port=0,
        fixed_ports={"jt808": 0},
        limits=TcpLimits(),
        mqtt=MqttOptions(embedded_port=0),
    )
    async with running_rig(plain_database, open_to_all=True) as rig:
        gateway = gateway_of(rig, options)
        await gateway.start()
        assert set(gateway.ports) == {"any", "jt808", "mqtt"}
        now_us = rig.clock.now_us()
        for phone, name in (("1", "any"), ("2", "jt808")):
            client = await rig.connect(gateway.ports[name])
            client.send(location(now_us, 3, phone))
            assert (await reply(client))[1]["ack_serial"] == 3
        async with AsyncExitStack() as stack:
            client_of = aiomqtt.Client("127.0.0.1", gateway.ports["mqtt"])
            handset = await stack.enter_async_context(client_of)
            await handset.subscribe("xunji/handset/h1/ack", qos=1)
            await until(lambda: gateway.status()["mqtt_connected"])
            await asyncio.sleep(0.2)
            fix = {"t": now_us // 1000, "lon": 118.8, "lat": 32.05, "acc": 4.2}
            for payload in (
                '{"v": 1, "seq": 4, "type": "fixes", "fixes": [',
                json.dumps({"v": 1, "seq": 5, "type": "fixes", "fixes": [fix]}),
            ):
                await handset.publish("xunji/handset/h1/up", payload, qos=1)
            async with asyncio.timeout(10):
                message = await anext(handset.messages)
            assert json.loads(bytes(message.payload)) == {"seq": 5, "ok": True}
        status = gateway.status()
        assert status["online"] == 3
        assert status["connections"] == 2
        assert {t["identity"] for t in status["terminals"]} == {"1", "2", "h1"}
        assert status["counters"]["refused.invalid_json"] == 1
        one = next(t for t in status["terminals"] if t["identity"] == "1")
        assert gateway.link_of(one["device_id"]) == {**one, "too_fast": 0}
        assert gateway.link_of(0) == {"too_fast": 0}
        await gateway.stop(rig.ingest.tick)
        assert gateway.status()["connections"] == 0
        assert len(await rig.positions()) == 3
        assert [reason for reason, *_ in await rig.refused()] == ["invalid_json"]


async def test_a_taken_port_is_said_in_words(plain_database: Database) -> None:
    async with running_rig(plain_database) as rig:
        gateway = gateway_of(rig, GatewayOptions(port=rig.port))
        with pytest.raises(DoorProblem, match="XUNJI_GATEWAY__PORT"):
            await gateway.start()
