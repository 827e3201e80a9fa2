"""The broker's side of the gateway: payloads to sessions, acknowledgements back to their topics.

A door a protocol that travels by MQTT, all over one connection. Which topics come in, whom they
name and where acknowledgements and commands go says the protocol (`protocols.transports.OverMqtt`).
The broker's own acknowledgement (PUBACK) follows the commit, like everybody's.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, cast

import structlog
from paho.mqtt.client import topic_matches_sub

from gateway.desk import Desk
from gateway.http_exchange import AWAY
from gateway.mqtt_client import MqttClient, Received
from gateway.online import Key
from pipeline.contract import Pending
from protocols.contract import (
    Answered,
    Bad,
    Event,
    Offline,
    Online,
    ProtocolError,
    Report,
    Send,
    Session,
    TerminalProtocol,
    Unregistered,
    Upload,
)
from protocols.transports import OverMqtt

_log = structlog.get_logger(__name__)

MAX_IDENTITY_CHARACTERS = 64
MAX_SESSIONS = 100_000  # registered handsets heard of lately; the longest silent one goes first
# A lost acknowledgement is asked for again by the message itself, which the handset then repeats.
_QOS = {"ack": 0, "down": 1}
SILENT_AFTER_US = 300_000_000  # a handset not heard of by MQTT for so long is not online


class _Delivery:
    """One message: acknowledged to the broker when all that it carried is settled."""

    __slots__ = ("afterwards", "door", "identity", "message", "open", "session")

    def __init__(
        self, door: MqttDoor, message: Received, identity: str, session: Session | None
    ) -> None:
        self.door = door
        self.identity = identity
        self.message = message
        self.session = session
        self.open = 1  # the handling itself
        self.afterwards: list[bytes] = []  # replies that must not leave before

    def done(self) -> None:
        self.open -= 1
        if not self.open:
            for payload in self.afterwards:
                self.door.send(self.identity, "ack", payload)
            self.door.acknowledge(self.message)

    def settled(self, report: Report | Upload, error: ProtocolError | None) -> None:
        """A file that could not be taken now gets no word: the handset keeps it."""
        assert self.session is not None
        if error is None or error.reason != AWAY:
            self.door.send(self.identity, "ack", self.session.acknowledge(report, error))
        self.done()


class MqttDoor:
    """Implements `gateway.online.Link` for all terminals of one protocol behind one broker."""

    peer = "mqtt"

    def __init__(self, desk: Desk, protocol: TerminalProtocol, max_payload_bytes: int) -> None:
        self._desk = desk
        self._protocol = protocol
        self._over = cast(OverMqtt, protocol)
        self._max_payload_bytes = max_payload_bytes
        self._sessions: OrderedDict[str, Session] = OrderedDict()
        self._closing = False
        self._loop = asyncio.get_running_loop()
        self.client: MqttClient | None = None

    @property
    def topics(self) -> tuple[str, ...]:
        """What to subscribe to."""
        return self._over.topics

    def received(self, message: Received) -> None:
        """A message from the broker. While we stop it is left there."""
        if self._closing:
            return
        self._desk.counters.add("mqtt_messages")
        now_us = self._desk.clock.now_us()
        identity = self._over.identity_of(message.topic)
        events, session = self._events(identity, message.payload, now_us)
        delivery = _Delivery(self, message, identity, session)
        for event in events:
            reaction = _REACTIONS.get(type(event))
            if reaction is not None:
                reaction(self, event, delivery, now_us)
        delivery.done()

    def stop_receiving(self) -> None:
        """Leave further messages to the broker."""
        self._closing = True

    def send_command(self, identity: str, command_id: int, kind: str, body: dict[str, Any]) -> None:
        """Publish a command to the handset's down topic. Raises ProtocolError."""
        session = self._sessions.get(identity)
        if session is None or self.client is None or not self.client.connected.is_set():
            raise ProtocolError("offline", "no session with this handset")
        self.send(identity, "down", session.command(identity, command_id, kind, body))

    def moved(self, key: Key) -> None:
        """The handset has come in elsewhere; nothing here is bound to it."""

    def forget_silent(self, now_us: int) -> None:
        """MQTT does not say who has gone: who is silent is not online any more."""
        silent = [
            (terminal.protocol, terminal.identity)
            for terminal in self._desk.online
            if terminal.link is self and now_us - terminal.last_us > SILENT_AFTER_US
        ]
        for key in silent:
            self._desk.online.leave(key, self)

    def acknowledge(self, message: Received) -> None:
        """Tell the broker that it may forget a message."""
        if self.client is not None:
            self.client.acknowledge(message)

    def send(self, identity: str, leaf: str, payload: bytes) -> None:
        """Publish to a handset's topic; what cannot be queued is counted, the handset repeats."""
        topic = self._over.reply_topic(identity, leaf)
        if topic is None or not payload:
            return
        if self.client is None or not self.client.publish(topic, payload, _QOS[leaf]):
            self._desk.counters.add("mqtt_unsent")

    def _events(
        self, identity: str, payload: bytes, now_us: int
    ) -> tuple[list[Event], Session | None]:
        if not identity or len(identity) > MAX_IDENTITY_CHARACTERS:
            return [Bad(payload, "bad_topic", f"identity {identity[:80]!r}")], None
        if len(payload) > self._max_payload_bytes:
            detail = f"{len(payload)} bytes, at most {self._max_payload_bytes}"
            return [Bad(payload, "too_large", detail, identity)], None
        session = self._session(identity)
        try:
            return session.receive_data(payload, now_us), session
        except Exception as error:  # a decoder's own fault must not take the server with it
            _log.exception("session_failed", identity=identity, payload=payload[:255].hex())
            return [Bad(payload, "session_failed", repr(error)[:500], identity)], session

    def _session(self, identity: str) -> Session:
        session = self._sessions.get(identity)
        if session is not None:
            self._sessions.move_to_end(identity)
            return session
        directory = self._desk.directory.of(self._protocol.name)
        session = self._over.session_for(directory, identity)
        if directory.find(identity) is not None:  # strangers are not remembered here
            self._sessions[identity] = session
            if len(self._sessions) > MAX_SESSIONS:
                self._sessions.popitem(last=False)
        return session

    # Reactions to events

    def _send(self, event: Send, delivery: _Delivery, _now_us: int) -> None:
        """After what the message carried is settled: a refusal too is durable before it is told."""
        delivery.afterwards.append(event.data)

    def _report(self, event: Report, delivery: _Delivery, now_us: int) -> None:
        if self._desk.rate.refuse(event.device.device_id, self._loop.time()):
            # Left with the broker it would fill the window that all share: only its sender waits.
            self._desk.counters.add("too_fast.mqtt_unanswered")
            return
        delivery.open += 1
        terminal = self._desk.online.find((self._protocol.name, event.identity))
        if terminal is None or terminal.link is not self:
            self._enter(event, now_us)
        else:
            terminal.last_us = now_us
        self._desk.ingest.submit(
            Pending(self._protocol, event, now_us, self.peer, delivery.settled)
        )

    def _upload(self, event: Upload, delivery: _Delivery, now_us: int) -> None:
        delivery.open += 1
        self._desk.keep(event, now_us, delivery.settled)

    def _online(self, event: Online, _delivery: _Delivery, now_us: int) -> None:
        self._enter(event, now_us)
        self._desk.counters.add("logins")

    def _enter(self, event: Report | Online, now_us: int) -> None:
        name = self._protocol.name
        self._desk.online.enter(name, event.identity, event.device, self, now_us)

    def _offline(self, event: Offline, _delivery: _Delivery, _now_us: int) -> None:
        self._desk.online.leave((self._protocol.name, event.identity), self)

    def _unregistered(self, event: Unregistered, _delivery: _Delivery, now_us: int) -> None:
        self._desk.stranger(event, self._protocol.name, self.peer, now_us)

    def _answered(self, event: Answered, _delivery: _Delivery, now_us: int) -> None:
        self._desk.answer(event, self._protocol.name, now_us)

    def _bad(self, event: Bad, delivery: _Delivery, now_us: int) -> None:
        delivery.open += 1
        self._desk.refuse(event, self._protocol.name, self.peer, now_us, delivery.done)


def routed(doors: Sequence[MqttDoor], client: MqttClient) -> Callable[[Received], None]:
    """Gives each message to the door whose topics it matches."""
    filters = [(topic, door) for door in doors for topic in door.topics]

    @lru_cache(MAX_SESSIONS)  # matching costs more than all else that happens to a message here
    def door_of(topic: str) -> MqttDoor | None:
        return next((door for wanted, door in filters if topic_matches_sub(wanted, topic)), None)

    def received(message: Received) -> None:
        door = door_of(message.topic)
        if door is None:
            client.acknowledge(message)  # of a subscription of an earlier version of ours
        else:
            door.received(message)

    return received


_REACTIONS: dict[type[Event], Callable[[MqttDoor, Any, _Delivery, int], None]] = {
    Send: MqttDoor._send,
    Report: MqttDoor._report,
    Upload: MqttDoor._upload,
    Online: MqttDoor._online,
    Offline: MqttDoor._offline,
    Unregistered: MqttDoor._unregistered,
    Answered: MqttDoor._answered,
    Bad: MqttDoor._bad,
}
