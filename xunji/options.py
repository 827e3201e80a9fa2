"""Settings -> what the parts are given."""

from __future__ import annotations

import secrets
from contextlib import AsyncExitStack
from pathlib import Path

from alerts.outbox import AlertOptions
from gateway.http import HttpLimits
from gateway.options import GatewayOptions, MqttOptions
from gateway.tcp import TcpLimits
from gateway.udp import UdpLimits
from pipeline.contract import Clock
from pipeline.evaluate import Pace
from pipeline.evaluate_link import Order
from pipeline.outcomes import OutcomeLimits
from rules.storms import StormLimits
from storage.replica import Replica
from xunji.clock import SimulatedClock, SystemClock
from xunji.logs import log_level
from xunji.settings import Settings

RULES_PROCESS = "xunji.rules_process"  # the module that it runs
ANY_PACE = 1 << 40  # a minute


def gateway_options(settings: Settings) -> GatewayOptions:
    """Doors and their caps."""
    gateway = settings.gateway
    # A second of simulated time may take a millisecond: nobody is too fast then.
    at_any_pace = settings.clock == "simulated"

    def capped(per_minute: int) -> int:
        return ANY_PACE if at_any_pace else per_minute

    return GatewayOptions(
        host=gateway.host,
        port=gateway.port,
        fixed_ports={} if gateway.jt808_port is None else {"jt808": gateway.jt808_port},
        files_port=None if gateway.files_host is None else gateway.files_port,
        limits=TcpLimits(
            gateway.max_connections,
            gateway.max_buffer_bytes,
            gateway.idle_timeout_s,
            gateway.write_stall_s,
        ),
        udp=gateway.udp,
        udp_limits=UdpLimits(capped(gateway.per_minute_address), gateway.idle_timeout_s),
        named=gateway.named,
        reports_per_s=None if at_any_pace else gateway.reports_per_s,
        reports_burst=gateway.reports_burst,
        receivers=gateway.receivers,
        http_port=gateway.http_port,
        http_limits=HttpLimits(
            max_connections=gateway.max_connections,
            max_body_bytes=gateway.http_max_body_bytes,
            per_minute_terminal=capped(gateway.http_per_minute),
            per_minute_address=capped(gateway.http_per_minute_address),
            require_tokens=gateway.require_tokens,
        ),
        mqtt=_mqtt_options(settings) if settings.mqtt.enabled else None,
    )


def _mqtt_options(settings: Settings) -> MqttOptions:
    mqtt = settings.mqtt
    return MqttOptions(
        url=mqtt.url,
        embedded_host=settings.gateway.host,
        embedded_port=mqtt.embedded_port,
        client_id=mqtt.client_id,
        max_payload_bytes=mqtt.max_payload_bytes,
        max_camera_payload_bytes=mqtt.max_camera_payload_bytes,
    )


def pace(settings: Settings) -> Pace:
    """How often the rules' stage does what."""
    rules = settings.rules
    return Pace(
        snapshot_us=int(rules.snapshot_minutes * 60e6),
        outage_us=int(rules.outage_seconds * 1e6),
        limits=outcome_limits(settings),
    )


def rules_order(settings: Settings, url: str, clock: Clock, journal_id: int) -> Order:
    """What the process that judges is given; `journal_id`: the last of the server's earlier runs.
    A clock that is not the system's is told to it."""
    return Order(
        url=url,
        pace=pace(settings),
        run_after=journal_id,
        told_time=not isinstance(clock, SystemClock),
        log_level=log_level(),
    )


def outcome_limits(settings: Settings) -> OutcomeLimits:
    """What belongs together, and what is news."""
    alerts = settings.alerts
    return OutcomeLimits(
        incident_gap_us=int(alerts.incident_gap_minutes * 60e6),
        storm=StormLimits(
            devices=alerts.storm_units,
            share_pct=alerts.storm_percent,
            place_devices=alerts.storm_units_of_place,
            window_us=int(alerts.storm_minutes * 60e6),
            wait_us=int(alerts.storm_wait_seconds * 1e6),
        ),
        news_us=int(settings.rules.news_minutes * 60e6),
    )


def alert_options(settings: Settings) -> AlertOptions:
    """How receivers are told."""
    return AlertOptions(
        allow_private=settings.http.webhook_allow_private,
        per_minute=settings.alerts.per_minute,
        news_us=int(settings.rules.news_minutes * 60e6),
    )


def clock_of(settings: Settings) -> Clock:
    """Real time, or simulated time that begins now."""
    if settings.clock == "simulated":
        return SimulatedClock(SystemClock().now_us())
    return SystemClock()


def replica_of(settings: Settings, stack: AsyncExitStack) -> Replica | None:
    """The read replica, if one is set; closed with the stack."""
    if settings.database.replica_url is None:
        return None
    replica = Replica(settings.database.replica_url)
    stack.push_async_callback(replica.close)
    return replica


def secret_of(settings: Settings) -> str:
    """The setting's secret, else the one kept in the data folder (made once, readable by us)."""
    if settings.secret:
        return settings.secret
    path: Path = settings.data_dir / "secret"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(32))
    return path.read_text().strip()
