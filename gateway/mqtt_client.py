"""paho beneath asyncio: its thread talks to the broker, our loop handles what comes.

Messages are acknowledged to the broker by hand (PUBACK after the commit). The client id is fixed
and the session persistent, so that the broker keeps what arrives while we are away.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

import paho.mqtt.client as paho
import structlog
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

_log = structlog.get_logger(__name__)

RECEIVE_MAXIMUM = 1_000  # unacknowledged messages that we take; brokers often allow only 20
MAX_WAITING = 20_000  # messages between paho's thread and our loop; more are left to the broker
MAX_OUTGOING = 65_536  # acknowledgements and commands waiting for the broker
MAX_OUTGOING_UNACKNOWLEDGED = 1_000
KEEPALIVE_S = 30
SESSION_EXPIRY_S = 7 * 86_400
SHORTEST_RECONNECT_S, LONGEST_RECONNECT_S = 1, 30
GREETING_LIMIT_S = 5.0  # some brokers meet MQTT 5 with silence
_UNSUPPORTED_VERSION = 132


@dataclass(frozen=True, slots=True)
class Received:
    """A message; `connection` and `mid` are what acknowledging it to the broker takes."""

    topic: str
    payload: bytes
    qos: int
    mid: int
    connection: int


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """Where the broker is."""

    host: str
    port: int
    username: str | None = None
    password: str | None = None
    tls: bool = False

    @staticmethod
    def parse(url: str) -> BrokerAddress:
        """From mqtt://user:password@host:1883 or mqtts://. Raises ValueError with advice."""
        parts = urlsplit(url)
        if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname:
            raise ValueError("the MQTT URL must look like mqtt://user:password@host:1883")
        tls = parts.scheme == "mqtts"
        return BrokerAddress(
            parts.hostname,
            parts.port or (8883 if tls else 1883),
            unquote(parts.username) if parts.username else None,
            unquote(parts.password) if parts.password else None,
            tls,
        )


class MqttClient:
    """One connection to the broker, renewed for ever. Callbacks run on the event loop.

    `on_message` gets each message of `topics`; call `acknowledge` once it is safe. MQTT 5 first
    (its receive maximum lets more than 20 messages be in flight), 3.1.1 where the broker has no 5.
    """

    def __init__(
        self,
        address: BrokerAddress,
        client_id: str,
        topics: Sequence[str],
        on_message: Callable[[Received], None] | None = None,
        *,
        version: MQTTProtocolVersion = MQTTProtocolVersion.MQTTv5,
        receive_maximum: int = RECEIVE_MAXIMUM,
    ) -> None:
        self._address = address
        self._client_id = client_id
        self._topics = [(topic, 1) for topic in topics]
        self.on_message = on_message
        self._version = version
        self._receive_maximum = receive_maximum
        self._loop = asyncio.get_running_loop()
        self._client: paho.Client | None = None
        self._waiting: deque[Received] = deque()
        self._drain_planned = False
        self._connection = 0
        self._changing: asyncio.Task[None] | None = None
        self._stopped = False
        self._greeting: asyncio.TimerHandle | None = None
        self.connected = asyncio.Event()
        self.left_to_broker = 0

    async def start(self) -> None:
        """Begin to connect; `connected` says when it has succeeded."""
        self._client = self._build()
        await asyncio.to_thread(self._begin, self._client)

    async def stop(self) -> None:
        """Disconnect; the broker keeps our session."""
        self._stopped = True
        self._forget_greeting()
        client, self._client = self._client, None
        if self._changing is not None:
            await asyncio.gather(self._changing, return_exceptions=True)
        if client is not None:
            await asyncio.to_thread(_end, client)
        self.connected.clear()

    def publish(self, topic: str, payload: bytes, qos: int = 1) -> bool:
        """Publish; False when it cannot even be queued."""
        if self._client is None:
            return False
        info = self._client.publish(topic, payload, qos=qos)
        return info.rc in (paho.MQTT_ERR_SUCCESS, paho.MQTT_ERR_NO_CONN)

    def acknowledge(self, message: Received) -> None:
        """PUBACK. Of an earlier connection it is not sent: the broker sends that message again."""
        if self._client is not None and message.connection == self._connection and message.qos:
            self._client.ack(message.mid, message.qos)

    def _build(self) -> paho.Client:
        version5 = self._version == MQTTProtocolVersion.MQTTv5
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._client_id,
            clean_session=None if version5 else False,
            protocol=self._version,
            manual_ack=True,
        )
        if self._address.username is not None:
            client.username_pw_set(self._address.username, self._address.password)
        if self._address.tls:
            client.tls_set()
        client.reconnect_delay_set(SHORTEST_RECONNECT_S, LONGEST_RECONNECT_S)
        client.max_inflight_messages_set(MAX_OUTGOING_UNACKNOWLEDGED)
        client.max_queued_messages_set(MAX_OUTGOING)
        client.on_socket_open = self._opened_in_thread
        client.on_connect = self._connected_in_thread
        client.on_disconnect = self._disconnected_in_thread
        client.on_message = self._message_in_thread
        return client

    def _begin(self, client: paho.Client) -> None:
        address = self._address
        if self._version == MQTTProtocolVersion.MQTTv5:
            properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            properties.ReceiveMaximum = self._receive_maximum
            properties.SessionExpiryInterval = SESSION_EXPIRY_S
            client.connect_async(
                address.host, address.port, KEEPALIVE_S, clean_start=False, properties=properties
            )
        else:
            client.connect_async(address.host, address.port, KEEPALIVE_S)
        client.loop_start()

    # In paho's thread

    def _opened_in_thread(self, _client: paho.Client, _data: Any, _socket: Any) -> None:
        self._call(self._await_greeting)

    def _connected_in_thread(
        self, client: paho.Client, _data: Any, _flags: Any, reason: Any, _properties: Any
    ) -> None:
        if reason.is_failure:
            self._call(self._refused, reason.value, str(reason))
        else:
            self._connection += 1
            client.subscribe(self._topics)
            self._call(self._mark_connected)

    def _disconnected_in_thread(
        self, _client: paho.Client, _data: Any, _flags: Any, reason: Any, _properties: Any
    ) -> None:
        self._call(self._mark_disconnected, str(reason))

    def _message_in_thread(self, _client: paho.Client, _data: Any, message: Any) -> None:
        if len(self._waiting) >= MAX_WAITING:
            self.left_to_broker += 1
            return
        received = Received(
            message.topic, message.payload, message.qos, message.mid, self._connection
        )
        self._waiting.append(received)
        if not self._drain_planned:
            self._drain_planned = True
            self._call(self._drain)

    def _call(self, function: Callable[..., None], *arguments: Any) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(function, *arguments)

    # On the event loop

    def _drain(self) -> None:
        # Cleared first: a message that comes while the queue empties plans another turn.
        self._drain_planned = False
        while self._waiting:
            message = self._waiting.popleft()
            if self.on_message is not None:
                self.on_message(message)

    def _await_greeting(self) -> None:
        if self._greeting is None and not self._stopped:
            self._greeting = self._loop.call_later(GREETING_LIMIT_S, self._not_greeted)

    def _not_greeted(self) -> None:
        if not self.connected.is_set():
            _log.warning("mqtt_silence", host=self._address.host, port=self._address.port)
            self._change_version()

    def _forget_greeting(self) -> None:
        if self._greeting is not None:
            self._greeting.cancel()

    def _mark_connected(self) -> None:
        self._forget_greeting()
        _log.info("mqtt_connected", host=self._address.host, port=self._address.port)
        self.connected.set()

    def _mark_disconnected(self, reason: str) -> None:
        self.connected.clear()
        if not self._stopped:
            _log.warning("mqtt_disconnected", reason=reason)

    def _refused(self, code: int, reason: str) -> None:
        _log.warning("mqtt_refused", reason=reason, host=self._address.host)
        if code == _UNSUPPORTED_VERSION:
            self._change_version()

    def _change_version(self) -> None:
        if self._version == MQTTProtocolVersion.MQTTv5 and self._changing is None:
            self._changing = asyncio.create_task(self._fall_back())

    async def _fall_back(self) -> None:
        """Speak MQTT 3.1.1 from now on."""
        client, self._client = self._client, None
        if client is not None:
            await asyncio.to_thread(_end, client)
        if not self._stopped:
            self._version = MQTTProtocolVersion.MQTTv311
            await self.start()


def _end(client: paho.Client) -> None:
    client.disconnect()
    client.loop_stop()
