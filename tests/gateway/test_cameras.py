"""The cameras' door through Mosquitto: a sighting is acknowledged after its commit."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiomqtt
import pytest
from paho.mqtt.enums import MQTTProtocolVersion

from gateway.cameras import CameraDoor
from gateway.desk import Desk
from gateway.mqtt_client import BrokerAddress
from pipeline.sightings import SightingIntake
from storage.cameras import add_camera, new_token, token_hash
from storage.database import Database
from storage.media import MediaStore
from storage.problems import StorageAway
from tests.brokers import Mosquitto
from tests.gateway.rig import Rig, running_rig, until


@dataclass
class Gate:
    """The real intake, which a test can keep from the database."""

    intake: SightingIntake
    away: bool = False
    tries: int = 0

    async def take_message(self, payload: bytes) -> dict[str, Any]:
        self.tries += 1
        if self.away:
            raise StorageAway("the test says so")
        return await self.intake.take_message(payload)


@dataclass
class Camera:
    client: aiomqtt.Client
    token: str
    heard: list[dict[str, Any]] = field(default_factory=list)

    async def say(self, **fields: Any) -> None:
        now = datetime.now(UTC).isoformat()
        report = {"plate": "苏B99999", "seen_at": now, "token": self.token, **fields}
        await self.client.publish("xunji/camera/gate-1/up", json.dumps(report), qos=1)

    async def listen(self) -> None:
        async for message in self.client.messages:
            self.heard.append(json.loads(bytes(message.payload)))


@asynccontextmanager
async def camera(rig: Rig, port: int) -> AsyncIterator[Camera]:
    token = new_token()
    async with rig.database.pool.connection() as conn:
        await conn.execute("INSERT INTO organisations (id, name) VALUES (1, 'City')")
        values = {"organisation_id": 1, "kind": "camera", "name": "gate"}
        place = {"longitude_e6": 118_800_000, "latitude_e6": 32_050_000}
        await add_camera(conn, {**values, **place, "token_sha256": token_hash(token)}, 0)
    async with aiomqtt.Client("127.0.0.1", port, identifier="camera") as client:
        await client.subscribe("xunji/camera/gate-1/ack", qos=1)
        found = Camera(client, token)
        task = asyncio.create_task(found.listen())
        try:
            yield found
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def open_door(rig: Rig, gate: Gate, port: int) -> AsyncIterator[CameraDoor]:
    desk = Desk(
        rig.ingest, rig.clock, rig.directory, rig.online, rig.counters, rig.delivery.answered
    )
    door = CameraDoor(desk, gate, 100_000)
    version = MQTTProtocolVersion.MQTTv5
    await door.open(BrokerAddress("127.0.0.1", port), "xunji-test", version)
    assert door.client is not None
    try:
        async with asyncio.timeout(20):
            await door.client.connected.wait()
            await asyncio.sleep(0.1)  # until the broker has our subscription
        yield door
    finally:
        await door.close()


@pytest.mark.mosquitto
async def test_a_sighting_is_acknowledged_to_camera_and_broker_only_after_the_commit(
    plain_database: Database, mosquitto: Mosquitto, tmp_path: Path
) -> None:
    async with running_rig(plain_database) as rig, camera(rig, mosquitto.port) as source:
        gate = Gate(SightingIntake(plain_database, MediaStore(tmp_path), rig.clock), away=True)
        async with open_door(rig, gate, mosquitto.port):
            await source.say(id="1")
            await until(lambda: gate.tries > 1)
            assert source.heard == []
        # We went away before the commit without a PUBACK: the broker brings it again.
        gate.away = False
        async with open_door(rig, gate, mosquitto.port):
            await until(lambda: len(source.heard) == 1)
            await source.say(id="1")
            await until(lambda: len(source.heard) == 2)
        assert [h["duplicate"] for h in source.heard] == [False, True]
        assert not source.heard[0]["registered"]
        messages = rig.counters["camera_messages"]
        async with open_door(rig, gate, mosquitto.port):
            await asyncio.sleep(0.3)
        assert rig.counters["camera_messages"] == messages, "all is acknowledged"
        assert await rig.rows("SELECT plate FROM sightings") == [("苏B99999",)]


@pytest.mark.mosquitto
async def test_bad_reports_are_told_and_quarantined_without_their_token(
    plain_database: Database, mosquitto: Mosquitto, tmp_path: Path
) -> None:
    async with running_rig(plain_database) as rig, camera(rig, mosquitto.port) as source:
        gate = Gate(SightingIntake(plain_database, MediaStore(tmp_path), rig.clock))
        async with open_door(rig, gate, mosquitto.port):
            await source.say(plate="?")
            await source.say(token="xjcam_wrong")
            await source.say(seen_at="2001-01-01T00:00:00Z")
            await source.say(note="x" * 100_000)
            await source.say()
            await until(lambda: len(source.heard) == 5)
        errors = [answer.get("error", {}).get("code") for answer in source.heard]
        assert sorted(errors, key=str) == [None, "invalid", "time", "too_large", "unknown_token"]
        await rig.ingest.tick()
        refused = await rig.refused()
        assert {reason for reason, _, _ in refused} == {
            "sighting_invalid",
            "sighting_time",
            "sighting_too_large",
            "sighting_unknown_token",
        }
        assert all(source.token.encode() not in frame for _, frame, _ in refused)
        assert len(await rig.rows("SELECT 1 FROM sightings")) == 1
