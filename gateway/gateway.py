"""The gateway: every front door, who is online, and the commands on their way out.

The composition root builds the parts (database, directory, ingest loop) and hands them in; the
gateway opens and closes the doors around them and says how things stand.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any

import structlog
from paho.mqtt.enums import MQTTProtocolVersion

from gateway.broker import EmbeddedBroker
from gateway.cameras import CameraDoor, Sightings
from gateway.commands import CommandDelivery, CommandSource, FileOf
from gateway.counters import Counters
from gateway.desk import Desk
from gateway.directory import Directory
from gateway.http import HttpDoor
from gateway.mqtt import MqttDoor, routed
from gateway.mqtt_client import BrokerAddress, MqttClient
from gateway.online import OnlineTable, Terminal
from gateway.options import GatewayOptions, MqttOptions
from gateway.recognition import ANYBODY
from gateway.report_rate import NoRate, ReportRate
from gateway.tcp import TcpDoor
from gateway.udp import UdpDoor
from pipeline.contract import Clock, Ingest, LiveHub, Media, Notes
from protocols.contract import TerminalProtocol
from protocols.jt808 import JT808
from protocols.jt808.files import FILES
from protocols.nmea.protocol import NMEA
from protocols.registry import protocols_by_name
from protocols.transports import OverMqtt

_log = structlog.get_logger(__name__)

CHORES_EVERY_S = 2.0
MAX_LISTED = 1_000  # online terminals named in `status`


class DoorProblem(Exception):
    """A door cannot be opened; the text says which, why and what to do."""


class Gateway:
    """All doors of one process. `ports` after `start`: by protocol name, "any", "udp", "http" and
    "mqtt"."""

    def __init__(
        self,
        options: GatewayOptions,
        *,
        ingest: Ingest,
        clock: Clock,
        directory: Directory,
        commands: CommandSource,
        counters: Counters,
        live: LiveHub | None = None,
        media: Media | None = None,
        notes: Notes | None = None,
        sightings: Sightings | None = None,
        file_of: FileOf | None = None,
    ) -> None:
        self._options = options
        self._clock = clock
        self.directory = directory
        self.counters = counters
        self.online = OnlineTable()
        self.commands = CommandDelivery(
            commands, self.online, clock, counters, live, file_of=file_of
        )
        per_s = options.reports_per_s
        rate = NoRate() if per_s is None else ReportRate(per_s, options.reports_burst)
        answered = self.commands.answered
        self._desk = Desk(
            ingest, clock, directory, self.online, counters, answered, media, notes, rate,
            self.commands,
        )  # fmt: skip
        self._doors: list[TcpDoor] = []
        self._http: HttpDoor | None = None
        self._udp: list[UdpDoor] = []
        self._broker: EmbeddedBroker | None = None
        self._mqtt: list[MqttDoor] = []
        self._mqtt_client: MqttClient | None = None
        self._sightings = sightings
        self._cameras: CameraDoor | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self.ports: dict[str, int] = {}

    async def start(self) -> None:
        """Open the doors. Raises DoorProblem, BrokerProblem or ValueError (a bad broker URL)."""
        protocols = protocols_by_name()
        streams = [p for p in protocols.values() if p.default_port is not None]
        try:
            await self.directory.refill()
            http = self._http = HttpDoor(self._desk, protocols.values(), self._options.http_limits)
            await http.start()
            await self._open("any", streams, self._options.port)
            if self._options.udp:
                await self._open_udp(streams, self._options.port)
            for port, identity in self._options.receivers.items():
                await self._open_receiver(port, identity)
            if self._options.http_port is not None:
                await self._open_http(http, self._options.http_port)
            for name, port in self._options.fixed_ports.items():
                await self._open(name, [protocols[name]], port)
            if self._options.files_port is not None:
                await self._open("files", [FILES], self._options.files_port, JT808.name)
            if self._options.mqtt is not None:
                await self._open_mqtt(self._options.mqtt, protocols.values())
        except BaseException:
            await self.stop()
            raise
        self._tasks = [
            asyncio.create_task(self.commands.run(), name="commands"),
            asyncio.create_task(self._do_chores(), name="gateway chores"),
        ]

    async def stop(self, drain: Callable[[], Awaitable[object]] | None = None) -> None:
        """Stop listening, await `drain` (the ingest loop's stop), then close what is left.

        So everything that was received is committed and acknowledged before its door closes.
        """
        for door in self._doors:
            await door.stop_listening()
        if self._http is not None:
            await self._http.stop_listening()
        for datagrams in self._udp:
            datagrams.stop_receiving()
        for receiving in self._mqtt:
            receiving.stop_receiving()
        if self._cameras is not None:
            await self._cameras.close()
        if drain is not None:
            await drain()
            await asyncio.sleep(0)  # the last acknowledgements are written on the next turn
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        for door in self._doors:
            await door.stop()
        self._doors = []
        if self._http is not None:
            await self._http.stop()
        for datagrams in self._udp:
            await datagrams.stop()
        await self._last_writes()
        if self._mqtt_client is not None:
            await self._mqtt_client.stop()
        if self._broker is not None:
            await self._broker.stop()
        self._mqtt, self._udp = [], []
        self._http = self._mqtt_client = self._broker = self._cameras = None

    def status(self) -> dict[str, Any]:
        """How things stand; `terminals`: the first MAX_LISTED that are online, longest first."""
        terminals = sorted(self.online, key=lambda t: (t.since_us, t.device.device_id))
        return {
            "connections": sum(len(door.connections) for door in self._doors)
            + (len(self._http.connections) if self._http is not None else 0),
            "online": len(self.online),
            "ports": dict(self.ports),
            "mqtt_connected": self._mqtt_client is not None
            and self._mqtt_client.connected.is_set(),
            "counters": self.counters.as_dict(),
            "terminals": [_told(terminal) for terminal in terminals[:MAX_LISTED]],
        }

    def link_of(self, device_id: int) -> dict[str, Any]:
        """How a device is connected: nothing when it is not. `too_fast`: its reports above the
        rate since the start."""
        terminal = self.online.of_device(device_id)
        told = {} if terminal is None else _told(terminal)
        return {**told, "too_fast": self._desk.rate.early[device_id]}

    async def _open(
        self,
        name: str,
        protocols: Sequence[TerminalProtocol],
        port: int,
        register: str = "",
        named: Mapping[str, str] | None = None,
    ) -> None:
        door = TcpDoor(self._desk, protocols, self._options.limits, register)
        door.named = self._options.named if named is None else named
        door.http = self._http if len(protocols) > 1 else None
        try:
            self.ports[name] = await door.start(self._options.host, port)
        except OSError as error:
            raise self._taken(port, error) from error
        self._doors.append(door)

    async def _open_http(self, door: HttpDoor, port: int) -> None:
        try:
            self.ports["http"] = await door.listen(self._options.host, port)
        except OSError as error:
            raise self._taken(port, error) from error

    async def _open_udp(self, protocols: Sequence[TerminalProtocol], port: int) -> None:
        self.ports["udp"] = await self._open_datagrams(protocols, port, self._options.named)

    async def _open_datagrams(
        self, protocols: Sequence[TerminalProtocol], port: int, named: Mapping[str, str]
    ) -> int:
        door = UdpDoor(self._desk, protocols, self._options.udp_limits, named)
        try:
            opened = await door.start(self._options.host, port)
        except OSError as error:
            raise self._taken(port, error) from error
        self._udp.append(door)
        return opened

    async def _open_receiver(self, port: int, identity: str) -> None:
        """TCP and, where datagrams are taken, UDP."""
        named, name = {ANYBODY: identity}, f"receiver {identity}"
        await self._open(name, [NMEA], port, named=named)
        if self._options.udp:
            await self._open_datagrams([NMEA], self.ports[name], named)

    def _taken(self, port: int, error: OSError) -> DoorProblem:
        return DoorProblem(
            f"cannot listen on {self._options.host}:{port} ({error.strerror}); another program may "
            "use it: choose another with XUNJI_GATEWAY__PORT, XUNJI_GATEWAY__JT808_PORT or "
            "XUNJI_GATEWAY__HTTP_PORT"
        )

    async def _open_mqtt(self, options: MqttOptions, protocols: Iterable[TerminalProtocol]) -> None:
        version = MQTTProtocolVersion.MQTTv5
        if options.url is None:
            self._broker = EmbeddedBroker(options.embedded_host, options.embedded_port)
            await self._broker.start()
            address = BrokerAddress(options.embedded_host, self._broker.port)
            version = MQTTProtocolVersion.MQTTv311  # the embedded broker has no MQTT 5
        else:
            address = BrokerAddress.parse(options.url)
        self.ports["mqtt"] = address.port
        self._mqtt = [
            MqttDoor(self._desk, protocol, options.max_payload_bytes)
            for protocol in protocols
            if isinstance(protocol, OverMqtt)
        ]
        topics = [topic for door in self._mqtt for topic in door.topics]
        client = self._mqtt_client = MqttClient(address, options.client_id, topics, version=version)
        client.on_message = routed(self._mqtt, client)
        for door in self._mqtt:
            door.client = client
        await client.start()
        if self._sightings is not None:
            limit = options.max_camera_payload_bytes
            self._cameras = CameraDoor(self._desk, self._sightings, limit)
            await self._cameras.open(address, f"{options.client_id}-cameras", version)

    async def _do_chores(self) -> None:
        while True:
            await asyncio.sleep(CHORES_EVERY_S)
            for door in self._mqtt:
                door.forget_silent(self._clock.now_us())
            try:
                await self.directory.refill()
                await self.directory.write_strangers()
                await self.directory.write_introduced()
            except Exception as error:  # the database is away; what waits is kept
                self.counters.add("chores_failed")
                _log.warning("chores_wait", error=repr(error))

    async def _last_writes(self) -> None:
        try:
            await self.commands.write_answers()
            await self.directory.write_strangers()
        except Exception as error:
            _log.warning("last_writes_failed", error=repr(error))


def _told(terminal: Terminal) -> dict[str, Any]:
    return {
        "device_id": terminal.device.device_id,
        "protocol": terminal.protocol,
        "identity": terminal.identity,
        "peer": terminal.link.peer,
        "since_us": terminal.since_us,
        "last_us": terminal.last_us,
    }
