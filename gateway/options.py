"""What the doors of a gateway are told when they open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.http import HttpLimits
from gateway.tcp import TcpLimits
from gateway.udp import UdpLimits


@dataclass(frozen=True, slots=True)
class MqttOptions:
    """The handsets' broker; no `url`: the embedded one on `embedded_port`."""

    url: str | None = None
    embedded_host: str = "127.0.0.1"
    embedded_port: int = 1883
    client_id: str = "xunji"
    max_payload_bytes: int = 1 << 20
    max_camera_payload_bytes: int = 6 << 20


@dataclass(frozen=True, slots=True)
class GatewayOptions:
    """Where the doors are. `port` recognises the protocol, HTTP too; `fixed_ports`: protocol name
    -> port; `http_port`: one for HTTP alone; `udp`: `port` takes datagrams, too. `named`: as
    `gateway.recognition.session_of` has it.

    `reports_per_s`, `reports_burst`: of one device (`gateway.report_rate`); None: without limit.
    `files_port`: for files of active-safety alarms. `mqtt` None: nobody by MQTT. `receivers`: port
    -> identity of the one NMEA receiver that comes there, and need not log in. Port 0 asks for a
    free one; `Gateway.ports` tells which.
    """

    host: str = "127.0.0.1"
    port: int = 6800
    fixed_ports: Mapping[str, int] = field(default_factory=dict)
    http_port: int | None = None
    files_port: int | None = None
    limits: TcpLimits = field(default_factory=TcpLimits)
    http_limits: HttpLimits = field(default_factory=HttpLimits)
    udp: bool = False
    udp_limits: UdpLimits = field(default_factory=UdpLimits)
    named: Mapping[str, str] = field(default_factory=dict)
    reports_per_s: float | None = 20
    reports_burst: int = 5_000
    receivers: Mapping[int, str] = field(default_factory=dict)
    mqtt: MqttOptions | None = None
