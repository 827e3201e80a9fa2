"""The cameras' door: sightings from the broker, acknowledged after their commit.

`xunji/camera/{name}/up` comes in; `.../ack` says what was stored, or why not. A connection of its
own, so that photos hold no handset up; few messages are in flight, for each may hold a photo.
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from typing import Any
from typing import Protocol as Interface

import msgspec
import structlog
from paho.mqtt.enums import MQTTProtocolVersion

from gateway.desk import Desk
from gateway.mqtt_client import BrokerAddress, MqttClient, Received
from pipeline.sightings import SightingProblem
from protocols.contract import Bad

_log = structlog.get_logger(__name__)

PREFIX = "xunji/camera/"
UP = f"{PREFIX}+/up"
RECEIVE_MAXIMUM = 16
MAX_WAITING_BYTES = 64 << 20  # more is left to the broker, which brings it again
BACK_OFF_S = (0.2, 5.0)
# Who may look into the quarantine need not learn a camera's token.
_TOKEN = re.compile(rb'("token"\s*:\s*")[^"]*')


class Sightings(Interface):
    """Where messages go (`pipeline.sightings.SightingIntake`)."""

    async def take_message(self, payload: bytes) -> dict[str, Any]:
        """Raises SightingProblem, or any other error to try again."""


class CameraDoor:
    """Takes messages one after another, between `open` and `close`."""

    def __init__(self, desk: Desk, sightings: Sightings, max_payload_bytes: int) -> None:
        self._desk = desk
        self._sightings = sightings
        self._max_payload_bytes = max_payload_bytes
        self._waiting: deque[Received] = deque()
        self._waiting_bytes = 0
        self._arrived = asyncio.Event()
        self._closing = False
        self._task: asyncio.Task[None] | None = None
        self.client: MqttClient | None = None

    async def open(
        self, address: BrokerAddress, client_id: str, version: MQTTProtocolVersion
    ) -> None:
        """Begin to connect and to store."""
        self.client = MqttClient(
            address,
            client_id,
            (UP,),
            self.received,
            version=version,
            receive_maximum=RECEIVE_MAXIMUM,
        )
        self._task = asyncio.create_task(self._run(), name="cameras")
        await self.client.start()

    async def close(self) -> None:
        """What is not stored yet stays with the broker."""
        self._closing = True
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self.client is not None:
            await self.client.stop()

    def received(self, message: Received) -> None:
        """A message from the broker. While we stop it is left there."""
        if self._closing:
            return
        self._desk.counters.add("camera_messages")
        if self._waiting_bytes + len(message.payload) > MAX_WAITING_BYTES:
            self._desk.counters.add("camera_messages_left")
            return
        self._waiting.append(message)
        self._waiting_bytes += len(message.payload)
        self._arrived.set()

    async def _run(self) -> None:
        """Store what comes, in its order, however long the database is away."""
        while True:
            self._arrived.clear()
            while self._waiting:
                await self._insist(self._waiting[0])
                self._waiting_bytes -= len(self._waiting.popleft().payload)
            await self._arrived.wait()

    async def _insist(self, message: Received) -> None:
        wait_s = BACK_OFF_S[0]
        while True:
            try:
                return await self._store(message)
            except Exception as error:
                _log.warning("sighting_waits", error=repr(error), retry_in_s=wait_s)
                self._desk.counters.add("sightings_failed")
            await asyncio.sleep(wait_s)
            wait_s = min(2 * wait_s, BACK_OFF_S[1])

    async def _store(self, message: Received) -> None:
        try:
            if len(message.payload) > self._max_payload_bytes:
                detail = f"{len(message.payload)} bytes, at most {self._max_payload_bytes}"
                raise SightingProblem("too_large", "", detail)
            stored = await self._sightings.take_message(message.payload)
        except SightingProblem as problem:
            self._refuse(message, problem)
            return
        self._desk.counters.add("sightings")
        self._answer(message, stored)
        self._acknowledge(message)

    def _refuse(self, message: Received, problem: SightingProblem) -> None:
        """Durably quarantined counts as stored: only then may the broker forget it."""
        error = {"code": problem.code, "field": problem.field, "message": str(problem)}
        frame = _TOKEN.sub(rb"\1...", message.payload)
        bad = Bad(frame, f"sighting_{problem.code}", f"{problem.field}: {problem}", _name(message))

        def settled() -> None:
            self._answer(message, {"error": error})
            self._acknowledge(message)

        self._desk.refuse(bad, "camera", "mqtt", self._desk.clock.now_us(), settled)

    def _answer(self, message: Received, content: dict[str, Any]) -> None:
        payload = msgspec.json.encode(content)
        topic = f"{PREFIX}{_name(message)}/ack"
        if self.client is None or not self.client.publish(topic, payload):
            self._desk.counters.add("mqtt_unsent")

    def _acknowledge(self, message: Received) -> None:
        if self.client is not None:
            self.client.acknowledge(message)


def _name(message: Received) -> str:
    return message.topic.removeprefix(PREFIX).removesuffix("/up")
