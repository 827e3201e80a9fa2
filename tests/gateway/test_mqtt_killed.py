"""Mosquitto with its default limits, killed while 200 handsets send: by `seq` and `ack` nothing is
lost and nothing is stored twice."""

from __future__ import annotations

import asyncio
import random

import pytest

from gateway.desk import Desk
from gateway.mqtt import MqttDoor, routed
from gateway.mqtt_client import BrokerAddress, MqttClient
from protocols.handset import HANDSET
from simulators.terminal import Handset, HandsetLink
from storage.database import Database
from storage.registration import Registration
from tests.brokers import Mosquitto
from tests.gateway.rig import Rig, running_rig

HANDSETS, LINKS, ROUNDS = 200, 4, 4


class Person(Handset):
    """Says where it is when it is told to."""

    def say(self, now_ms: int) -> None:
        fix = {"t": now_ms, "lon": 121.4 + self.sent / 1e4, "lat": 31.2, "acc": 8}
        self._send({"type": "fixes", "fixes": [fix]})


async def _enrol(rig: Rig) -> None:
    async with rig.database.pool.connection() as conn:
        await conn.execute("INSERT INTO organisations (id, name) VALUES (1, 'City')")
        await conn.execute(
            "INSERT INTO devices (organisation_id, identity, protocol, kind, name)"
            " SELECT 1, n, 'handset', 'inspector', n FROM generate_series(1, %s) n",
            (HANDSETS,),
        )
    rig.directory.refresh(await Registration(rig.database.pool).load_devices())


async def _people(port: int) -> tuple[list[HandsetLink], list[Person]]:
    links, people = [], []
    for number in range(LINKS):
        link = HandsetLink("127.0.0.1", port, f"people-{number}")
        await link.start()
        links.append(link)
        for identity in range(number + 1, HANDSETS + 1, LINKS):
            person = Person(link, str(identity), random.Random(identity))
            await person.start()
            people.append(person)
    return links, people


@pytest.mark.mosquitto
async def test_a_killed_broker_costs_nothing(
    plain_database: Database, mosquitto: Mosquitto
) -> None:
    async with running_rig(plain_database) as rig:
        await _enrol(rig)
        desk = Desk(
            rig.ingest, rig.clock, rig.directory, rig.online, rig.counters, rig.delivery.answered
        )
        door = MqttDoor(desk, HANDSET, 1 << 20)
        client = door.client = MqttClient(
            BrokerAddress("127.0.0.1", mosquitto.port), "xunji-killed", door.topics
        )
        client.on_message = routed([door], client)
        await client.start()
        async with asyncio.timeout(90):
            await client.connected.wait()
            links, people = await _people(mosquitto.port)
            for number in range(ROUNDS):
                if number in (1, 2):
                    await asyncio.to_thread(mosquitto.kill)
                    await asyncio.to_thread(mosquitto.start)
                now_ms = rig.clock.now_us() // 1_000
                for person in people:
                    person.say(now_ms)
                await asyncio.sleep(0.05)
            await asyncio.gather(*(person.drained() for person in people))
        for link in links:
            await link.stop()
        await client.stop()

        assert sum(person.acknowledged for person in people) == HANDSETS * ROUNDS
        assert sum(person.refused for person in people) == 0
        stored = await rig.rows(
            "SELECT device_id, count(*), max(variant) FROM positions GROUP BY 1"
        )
        assert len(stored) == HANDSETS
        assert {row[1:] for row in stored} == {(ROUNDS, 0)}
