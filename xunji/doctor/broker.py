"""The handsets' broker: how much it lets be in flight and how much it queues, by measurement.

Brokers do not tell these limits: CONNACK names only what concerns the client's own publishing. So
a topic of our own is flooded with a known number of messages, first without acknowledging one
(what arrives is the window), then acknowledging all (what never arrives was not queued).
"""

from __future__ import annotations

import secrets
import threading
import time
from dataclasses import dataclass, field
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from gateway.mqtt_client import RECEIVE_MAXIMUM, SESSION_EXPIRY_S, BrokerAddress
from xunji.doctor.check import Check
from xunji.settings import Settings

# More than a Mosquitto with its defaults takes for us: our receive maximum and 1,000 queued.
PROBE_MESSAGES = RECEIVE_MAXIMUM + 1_500
ENOUGH_IN_FLIGHT = 200
ANSWER_LIMIT_S = 5.0
QUIET_S = 0.4


@dataclass(slots=True)
class Probe:
    """What the broker said and did; `refused`: why it let us not in."""

    version: int = 5
    refused: str = ""
    properties: dict[str, Any] = field(default_factory=dict)
    software: str = ""
    in_flight: int = 0
    arrived: int = 0


def check_broker(settings: Settings) -> list[Check]:
    """The checks of a broker given by URL; the embedded one is made by ourselves."""
    if not settings.mqtt.enabled:
        return [Check(name="mqtt", state="ok", zh="MQTT 未启用", en="MQTT is switched off")]
    if settings.mqtt.url is None:
        port = settings.mqtt.embedded_port
        return [
            Check(
                name="mqtt",
                state="ok",
                zh=f"内置代理，端口 {port}；它不保存离线消息，手持终端靠 seq/ack 补发",
                en=f"embedded broker on port {port}; it keeps nothing over a restart, handsets "
                "send again by seq and ack",
            )
        ]
    try:
        address = BrokerAddress.parse(settings.mqtt.url)
    except ValueError as error:
        return [_unreachable(str(error))]
    probe = probe_broker(address)
    if probe.refused:
        return [_unreachable(f"{address.host}:{address.port}: {probe.refused}")]
    return [_reached(address, probe), *_limits(probe, settings), _persistence(probe)]


def _unreachable(detail: str) -> Check:
    return Check(
        name="mqtt",
        state="broken",
        zh=f"连不上 MQTT 代理：{detail}",
        en=f"cannot connect to the MQTT broker: {detail}",
        mend_zh="检查 XUNJI_MQTT__URL（mqtt://用户:密码@主机:1883）、代理是否启动、账号权限。",
        mend_en="check XUNJI_MQTT__URL (mqtt://user:password@host:1883), that the broker runs and "
        "lets the account in.",
    )


def _reached(address: BrokerAddress, probe: Probe) -> Check:
    software = f" ({probe.software})" if probe.software else ""
    version = "5" if probe.version == MQTTProtocolVersion.MQTTv5 else "3.1.1"
    where = f"{address.host}:{address.port}{software}, MQTT {version}"
    return Check(name="mqtt", state="ok", zh=f"已连上 {where}", en=f"connected to {where}")


def _limits(probe: Probe, settings: Settings) -> list[Check]:
    if probe.arrived == 0:
        return [
            Check(
                name="mqtt_in_flight",
                state="warning",
                zh="测试主题 xunji/doctor/# 上收不到消息，无法测量代理的限制",
                en="nothing arrives on the test topic xunji/doctor/#: limits cannot be measured",
                mend_zh="在代理的 ACL 中允许该账号读写 xunji/#。",
                mend_en="let the account read and write xunji/# in the broker's ACL.",
            )
        ]
    found = [_in_flight(probe), _queued(probe)]
    largest = probe.properties.get("MaximumPacketSize")
    if largest is not None and largest < settings.mqtt.max_payload_bytes:
        found.append(_too_small(int(largest), settings.mqtt.max_payload_bytes))
    kept_s = probe.properties.get("SessionExpiryInterval", SESSION_EXPIRY_S)
    if kept_s < SESSION_EXPIRY_S:
        found.append(_short_session(int(kept_s)))
    return found


def _in_flight(probe: Probe) -> Check:
    count = probe.in_flight
    small = probe.in_flight < ENOUGH_IN_FLIGHT
    return Check(
        name="mqtt_in_flight",
        state="warning" if small else "ok",
        zh=f"未确认消息窗口 {count} 条" + ("，每次提交只能处理这么多" if small else ""),
        en=f"{count} messages may be unacknowledged"
        + (": no commit can carry more handset reports" if small else ""),
        mend_zh="mosquitto.conf：max_inflight_messages 0（不限）或至少 1000。" if small else "",
        mend_en="mosquitto.conf: max_inflight_messages 0 (no limit), or at least 1000."
        if small
        else "",
    )


def _queued(probe: Probe) -> Check:
    if probe.arrived >= PROBE_MESSAGES:
        return Check(
            name="mqtt_queue",
            state="ok",
            zh=f"至少可为我们存 {PROBE_MESSAGES} 条",
            en=f"it keeps at least {PROBE_MESSAGES} messages for us",
        )
    return Check(
        name="mqtt_queue",
        state="warning",
        zh=f"只为我们存约 {probe.arrived} 条，多出的被代理丢弃（手持终端要靠 seq/ack 补发）",
        en=f"it takes about {probe.arrived} messages for us and drops the rest (handsets send "
        "them again by seq and ack)",
        mend_zh="mosquitto.conf：max_queued_messages 100000（按每台 10 秒一条、停机一小时估算）。",
        mend_en="mosquitto.conf: max_queued_messages 100000 (an hour of 280 handsets at 10 s).",
    )


def _too_small(largest: int, wanted: int) -> Check:
    return Check(
        name="mqtt_packet_size",
        state="warning",
        zh=f"代理只收 {largest} 字节以内的报文，小于设置的 {wanted}",
        en=f"the broker takes packets up to {largest} bytes, less than our {wanted}",
        mend_zh="加大代理的 max_packet_size，或调小 XUNJI_MQTT__MAX_PAYLOAD_BYTES。",
        mend_en="raise the broker's max_packet_size or lower XUNJI_MQTT__MAX_PAYLOAD_BYTES.",
    )


def _short_session(kept_s: int) -> Check:
    return Check(
        name="mqtt_session",
        state="warning",
        zh=f"我们断开后代理只保留会话 {kept_s} 秒",
        en=f"the broker keeps our session for only {kept_s} s after we leave",
        mend_zh="mosquitto.conf：persistent_client_expiration 7d。",
        mend_en="mosquitto.conf: persistent_client_expiration 7d.",
    )


def _persistence(probe: Probe) -> Check:
    name = probe.software or "the broker"
    return Check(
        name="mqtt_persistence",
        state="note",
        zh="代理重启后是否还记得排队的消息，从外面看不出来",
        en=f"whether {name} remembers queued messages over its own restart cannot be seen",
        mend_zh="mosquitto.conf：persistence true、autosave_interval 30、persistence_location。",
        mend_en="mosquitto.conf: persistence true, autosave_interval 30, persistence_location.",
    )


def probe_broker(
    address: BrokerAddress, version: MQTTProtocolVersion = MQTTProtocolVersion.MQTTv5
) -> Probe:
    """Connect, with 3.1.1 where MQTT 5 is refused, and measure. Takes a few seconds."""
    probe = _Session(address, version).run()
    if version == MQTTProtocolVersion.MQTTv5 and "version" in probe.refused.lower():
        return probe_broker(address, MQTTProtocolVersion.MQTTv311)
    return probe


class _Session:
    """One connection; callbacks run in paho's thread and only count and remember."""

    def __init__(self, address: BrokerAddress, version: MQTTProtocolVersion) -> None:
        self._address = address
        self._five = version == MQTTProtocolVersion.MQTTv5
        self._probe = Probe(version=version)
        self._topic = f"xunji/doctor/{secrets.token_hex(6)}"
        self._connected, self._subscribed = threading.Event(), threading.Event()
        self._unacknowledged: list[tuple[int, int]] = []
        self._lock = threading.Lock()
        self._last_s = 0.0
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"xunji-doctor-{secrets.token_hex(4)}",
            clean_session=None if self._five else True,
            protocol=version,
            manual_ack=True,
        )
        if address.username is not None:
            self._client.username_pw_set(address.username, address.password)
        if address.tls:
            self._client.tls_set()
        self._client.max_inflight_messages_set(PROBE_MESSAGES)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = self._on_message

    def run(self) -> Probe:
        address, properties = self._address, None
        if self._five:
            properties = _properties(PacketTypes.CONNECT)
            properties.ReceiveMaximum = RECEIVE_MAXIMUM
            properties.SessionExpiryInterval = SESSION_EXPIRY_S
        try:
            self._client.connect(address.host, address.port, 30, properties=properties)
        except OSError as error:
            self._probe.refused = str(error)
            return self._probe
        self._client.loop_start()
        try:
            self._measure()
        finally:
            leaving = _properties(PacketTypes.DISCONNECT) if self._five else None
            if leaving is not None:
                leaving.SessionExpiryInterval = 0  # leave no session behind
            self._client.disconnect(properties=leaving)
            self._client.loop_stop()
        return self._probe

    def _measure(self) -> None:
        if not self._connected.wait(ANSWER_LIMIT_S):
            self._probe.refused = self._probe.refused or "no answer to CONNECT"
        if self._probe.refused:
            return
        self._client.subscribe([(self._topic, 1), ("$SYS/broker/version", 0)])
        self._subscribed.wait(ANSWER_LIMIT_S)
        for _ in range(PROBE_MESSAGES):
            self._client.publish(self._topic, b"0", qos=1)
        self._settle()
        with self._lock:
            self._probe.in_flight = self._probe.arrived
            waiting, self._unacknowledged = self._unacknowledged, []
            self._acknowledging = True
        for mid, qos in waiting:
            self._client.ack(mid, qos)
        self._settle()

    _acknowledging = False

    def _settle(self) -> None:
        """Wait until nothing has arrived for QUIET_S."""
        started_s = self._last_s = time.monotonic()
        while time.monotonic() - self._last_s < QUIET_S and self._probe.arrived < PROBE_MESSAGES:
            if time.monotonic() - started_s > 2 * ANSWER_LIMIT_S:
                return
            time.sleep(0.02)

    def _on_connect(
        self, _client: paho.Client, _data: Any, _flags: Any, reason: Any, properties: Any
    ) -> None:
        if reason.is_failure:
            self._probe.refused = str(reason)
        elif properties is not None:
            self._probe.properties = properties.json()
        self._connected.set()

    def _on_message(self, client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        if message.topic != self._topic:
            self._probe.software = message.payload.decode("utf-8", "replace")[:60]
            return
        with self._lock:
            self._probe.arrived += 1
            self._last_s = time.monotonic()
            if not self._acknowledging:
                self._unacknowledged.append((message.mid, message.qos))
                return
        client.ack(message.mid, message.qos)


def _properties(packet: int) -> Any:
    return Properties(packet)  # type: ignore[no-untyped-call]
