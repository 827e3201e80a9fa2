"""The handsets' door through real brokers: Mosquitto and the embedded one."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiomqtt
import pytest
from paho.mqtt.enums import MQTTProtocolVersion

from gateway.broker import BrokerProblem, EmbeddedBroker
from gateway.mqtt import MqttDoor
from gateway.mqtt_client import BrokerAddress, MqttClient
from storage.database import Database
from tests.brokers import Mosquitto
from tests.gateway.rig import Rig, position, running_rig, until
from tests.gateway.tiny import TinyProtocol
from xunji.demo import free_port

MAX_PAYLOAD_BYTES = 4_096


@dataclass
class Handsets:
    """Everybody's handset over one connection to the broker."""

    client: aiomqtt.Client
    heard: list[tuple[str, str]] = field(default_factory=list)

    async def say(self, identity: str, payload: str | bytes) -> None:
        await self.client.publish(f"xunji/handset/{identity}/up", payload, qos=1)

    async def listen(self) -> None:
        async for message in self.client.messages:
            text = bytes(message.payload).decode().strip()
            self.heard.append((str(message.topic).removeprefix("xunji/handset/"), text))

    def acks(self) -> list[str]:
        return [text for topic, text in self.heard if topic.endswith("/ack")]


@asynccontextmanager
async def handsets(port: int) -> AsyncIterator[Handsets]:
    async with aiomqtt.Client("127.0.0.1", port, identifier="handsets") as client:
        for leaf in ("ack", "down"):
            await client.subscribe(f"xunji/handset/+/{leaf}", qos=1)
        people = Handsets(client)
        task = asyncio.create_task(people.listen())
        try:
            yield people
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def open_door(
    rig: Rig, port: int, version: MQTTProtocolVersion = MQTTProtocolVersion.MQTTv5
) -> AsyncIterator[MqttDoor]:
    door = MqttDoor(rig.door.desk, TinyProtocol(), MAX_PAYLOAD_BYTES)
    door.client = MqttClient(
        BrokerAddress("127.0.0.1", port), "xunji-test", door.topics, door.received, version=version
    )
    await door.client.start()
    try:
        async with asyncio.timeout(20):
            await door.client.connected.wait()
            await asyncio.sleep(0.1)  # until the broker has our subscription
        yield door
    finally:
        await door.client.stop()


def login(rig: Rig, identity: str) -> str:
    return f"$LOGIN {identity} {rig.directory.code('tiny', identity)}\n"


@pytest.mark.mosquitto
async def test_acknowledged_to_handset_and_broker_only_after_the_commit(
    plain_database: Database, mosquitto: Mosquitto
) -> None:
    async with running_rig(plain_database) as rig, handsets(mosquitto.port) as people:
        await rig.register("7")
        now_us = rig.clock.now_us()
        async with open_door(rig, mosquitto.port):
            await people.say("7", login(rig, "7"))
            await until(lambda: people.acks() == ["IN 7"])
            rig.writer.gate.clear()
            await people.say("7", position("7", now_us, 1) + "\n")
            await until(lambda: rig.writer.tries > 0)
            await asyncio.sleep(0.2)
            assert people.acks() == ["IN 7"]
        # We went away before the commit without a PUBACK: the broker brings it again.
        messages = rig.counters["mqtt_messages"]
        async with open_door(rig, mosquitto.port):
            await until(lambda: rig.counters["mqtt_messages"] > messages)
            await people.say("7", login(rig, "7") + position("7", now_us + 1, 2) + "\n")
            rig.writer.gate.set()
            await until(lambda: "ACK 7 2 ok" in people.acks())
        assert len(await rig.positions()) == 2
        # All is acknowledged to the broker now: nothing comes again.
        messages = rig.counters["mqtt_messages"]
        async with open_door(rig, mosquitto.port):
            await asyncio.sleep(0.3)
        assert rig.counters["mqtt_messages"] == messages


@pytest.mark.mosquitto
async def test_bad_payloads_and_strangers_hold_nobody_up(
    plain_database: Database, mosquitto: Mosquitto
) -> None:
    async with running_rig(plain_database) as rig, handsets(mosquitto.port) as people:
        await rig.register("7")
        now_us = rig.clock.now_us()
        async with open_door(rig, mosquitto.port):
            await people.say("7", login(rig, "7"))
            for n in range(30):  # more than the broker's window of 20, all bad
                await people.say("7", f"rubbish {n}\n")
                await people.say("unknown", position("unknown", now_us, n) + "\n")
            await people.say("7", b"x" * (MAX_PAYLOAD_BYTES + 1))
            await people.say("i" * 65, "$BEAT 7\n")
            await people.say("7", position("7", now_us, "good") + "\n")
            await until(lambda: "ACK 7 good ok" in people.acks())
        await rig.ingest.tick()
        reasons = [reason for reason, _, _ in await rig.refused()]
        assert {reason: reasons.count(reason) for reason in reasons} == {
            "garbage": 30,
            "too_large": 1,
            "bad_topic": 1,
        }
        large = next(frame for reason, frame, _ in await rig.refused() if reason == "too_large")
        assert len(large) == 4_096
        assert rig.counters["unregistered"] == 30
        assert people.acks() == ["IN 7", "ACK 7 good ok"]


@pytest.mark.mosquitto
async def test_a_broker_that_restarts(plain_database: Database, mosquitto: Mosquitto) -> None:
    async with running_rig(plain_database) as rig:
        await rig.register("7")
        async with open_door(rig, mosquitto.port) as door:
            assert door.client is not None
            await asyncio.to_thread(mosquitto.stop)
            await until(lambda: not door.client.connected.is_set())  # type: ignore[union-attr]
            await asyncio.to_thread(mosquitto.start)
            async with asyncio.timeout(30):
                await door.client.connected.wait()
            async with handsets(mosquitto.port) as people:
                await asyncio.sleep(0.1)
                await people.say("7", login(rig, "7") + position("7", rig.clock.now_us(), 1) + "\n")
                await until(lambda: sorted(people.acks()) == ["ACK 7 1 ok", "IN 7"])


@pytest.mark.mosquitto
async def test_commands_go_down(plain_database: Database, mosquitto: Mosquitto) -> None:
    async with running_rig(plain_database) as rig, handsets(mosquitto.port) as people:
        device = await rig.register("7")
        async with open_door(rig, mosquitto.port) as door:
            await people.say("7", login(rig, "7"))
            await until(lambda: rig.online.of_device(device) is not None)
            terminal = rig.online.of_device(device)
            assert terminal is not None
            terminal.link.send_command("7", 42, "text", {"text": "hello"})
            await until(lambda: ("7/down", "TEXT 7 42 hello") in people.heard)
            door.forget_silent(rig.clock.now_us() + 299_000_000)
            assert rig.online.of_device(device) is not None
            door.forget_silent(rig.clock.now_us() + 301_000_000)
            assert rig.online.of_device(device) is None


async def test_the_embedded_broker_carries_reports(plain_database: Database) -> None:
    broker = EmbeddedBroker("127.0.0.1", 0)
    await broker.start()
    try:
        async with running_rig(plain_database, linger_s=0.05) as rig:
            await rig.register("7")
            version = MQTTProtocolVersion.MQTTv311
            async with (
                open_door(rig, broker.port, version),
                handsets(broker.port) as people,
            ):
                await people.say("7", login(rig, "7"))
                now_us = rig.clock.now_us()
                for n in range(200):
                    await people.say("7", position("7", now_us - n, n) + "\n")
                await until(lambda: len(people.acks()) == 201, 20)
            assert len(await rig.positions()) == 200
    finally:
        await broker.stop()


async def test_the_client_falls_back_to_mqtt_3(plain_database: Database) -> None:
    broker = EmbeddedBroker("127.0.0.1", 0)
    await broker.start()
    try:
        async with running_rig(plain_database) as rig, open_door(rig, broker.port):
            pass
    finally:
        await broker.stop()


async def test_an_embedded_broker_says_that_its_port_is_taken() -> None:
    first = EmbeddedBroker("127.0.0.1", 0)
    await first.start()
    try:
        second = EmbeddedBroker("127.0.0.1", first.port)
        with pytest.raises(BrokerProblem, match="XUNJI_MQTT__EMBEDDED_PORT"):
            await second.start()
    finally:
        await first.stop()


@pytest.mark.parametrize("url", ["http://x", "mqtt://", "localhost:1883"])
def test_a_url_that_is_none_gets_advice(url: str) -> None:
    with pytest.raises(ValueError, match="mqtt://user:password@host:1883"):
        BrokerAddress.parse(url)


def test_urls() -> None:
    assert BrokerAddress.parse("mqtt://h") == BrokerAddress("h", 1883)
    secret = BrokerAddress.parse("mqtts://u:p%40ss@h:99")
    assert secret == BrokerAddress("h", 99, "u", "p@ss", True)


async def test_the_embedded_broker_ends_with_its_server_whatever_its_library_waits_for() -> None:
    stubborn = (
        "import asyncio, amqtt.broker\n"
        "amqtt.broker.Broker.shutdown = lambda _: asyncio.sleep(3600)\n"
        "from gateway import broker\n"
        "broker.main()"
    )
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "ignore", "-c", stubborn, "127.0.0.1", str(free_port(0))),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        assert child.stdin is not None
        assert child.stdout is not None
        assert await child.stdout.readline() == b"ready\n"
        child.stdin.close()  # as the kernel does when the server is killed
        async with asyncio.timeout(20):
            assert await child.wait() == 0
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
