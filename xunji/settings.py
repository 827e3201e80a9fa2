"""Settings, declared once: defaults here, then xunji.toml, then XUNJI_* environment variables.

Nested names use a double underscore: XUNJI_DATABASE__URL, XUNJI_GATEWAY__PORT.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, Field
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

Hour = Annotated[int, Field(ge=0, le=23)]


class DatabaseSettings(BaseModel):
    """Where tracks live. No URL: the embedded PostgreSQL in `data_dir`/postgres."""

    url: str | None = Field(None, description="postgresql://... of TimescaleDB or PostgreSQL >= 15")
    replica_url: str | None = Field(
        None, description="a read replica of it, for questions about history; null: none"
    )
    timescale: bool = Field(True, description="false: plain partitions even where it is there")
    retention_days: int = Field(90, ge=1, description="positions older than this are dropped")
    media_gigabytes: float = Field(20, gt=0, description="photos kept; above it the oldest go")
    trim_hours: tuple[Hour, Hour] = Field(
        (1, 5), description="hours of the night (`rules.zone`) in which single rows are dropped"
    )
    raw_frames_days: int = Field(7, ge=0, description="raw frames kept; 0 keeps none")
    disk_gigabytes: float | None = Field(
        None, gt=0, description="room of the database; null: the embedded server's whole disk"
    )
    memory_gigabytes: float | None = Field(
        None, gt=0, description="null: this machine's, or of another server effective_cache_size"
    )
    chunk_hours: Literal[1, 2, 3, 4, 6, 12, 24] | None = Field(
        None, description="how wide new partitions and chunks are; null: from the fleet's size"
    )


class SpoolSettings(BaseModel):
    """Where reports wait while the database does not take them."""

    path: Path | None = Field(
        None, description="SQLite file, best on another disk; null: data_dir/spool.sqlite3"
    )
    max_megabytes: int = Field(2_048, ge=1, description="above it terminals get no replies")
    reserve_megabytes: int = Field(16, ge=0, description="taken beforehand, for a full disk")


class GatewaySettings(BaseModel):
    """Front doors for terminals."""

    host: str = Field("0.0.0.0", description="terminals come from outside")  # noqa: S104
    port: int = Field(6800, description="recognises the protocol by its first bytes")
    jt808_port: int | None = Field(6808, description="fixed JT/T 808 port; null: none")
    registration: Literal["flag", "refuse"] = Field(
        "flag", description="a terminal that registers with another's plate: let in or refused"
    )
    log_in: Literal["code", "register"] = Field(
        "code", description="register: any code of a registered terminal is good"
    )
    profiles_dir: Path | None = Field(
        None, description="further profiles of terminals (*.toml), see JT/T 808 profiles"
    )
    udp: bool = Field(True, description="`port` takes datagrams (JT/T 808, NMEA 0183), too")
    named: dict[str, str] = Field(
        {}, description="NMEA receivers without a log-in: address or address:port -> identity"
    )
    receivers: dict[int, str] = Field(
        {}, description="ports of one NMEA receiver each, without a log-in: port -> identity"
    )
    per_minute_address: int = Field(12_000, ge=1, description="datagrams of one address")
    http_port: int | None = Field(
        None, description="one for HTTP alone; without it `port` takes HTTP too"
    )
    http_max_body_bytes: int = Field(6 << 20, description="larger requests are refused")
    http_per_minute: int = Field(120, ge=1, description="requests of one terminal")
    http_per_minute_address: int = Field(12_000, ge=1, description="... of one address")
    require_tokens: bool = Field(
        True, description="who comes by HTTP must show its token; false: only where it has one"
    )
    files_host: str | None = Field(
        None, description="our address as terminals reach it; null: files of alarms are not wanted"
    )
    files_port: int = Field(6824, description="for files of active-safety alarms")
    auto_register: bool = Field(False, description="unknown terminals are registered at once")
    auto_register_organisation_id: int = Field(1, description="... into this organisation")
    max_connections: int = Field(50_000, description="further connections are refused")
    max_buffer_bytes: int = Field(65_536, description="unparsed bytes a connection may hold")
    idle_timeout_s: float = Field(300, description="a silent connection is closed")
    write_stall_s: float = Field(30, description="a client that never reads is closed")
    max_pending_reports: int = Field(65_536, description="above it sockets are paused")
    reports_per_s: float = Field(
        20, gt=0, description="of one unit on average; who sends more is not read for a while"
    )
    reports_burst: int = Field(5_000, ge=1, description="... at once, of what a terminal had kept")
    register_refresh_s: float = Field(5, description="new units are let in this soon after")


class MqttSettings(BaseModel):
    """The handsets' broker. No URL: the embedded broker on `embedded_port`."""

    enabled: bool = Field(True, description="false: no door for handsets")
    url: str | None = Field(None, description="mqtt://user:password@host:1883")
    embedded_port: int = Field(1883, description="of the embedded broker")
    client_id: str = Field("xunji", description="fixed, so that the broker keeps our session")
    max_payload_bytes: int = Field(1 << 20, description="larger payloads are quarantined")
    max_camera_payload_bytes: int = Field(6 << 20, description="... of cameras, with a photo")


class HttpSettings(BaseModel):
    """API and page."""

    host: str = Field("127.0.0.1", description="put a proxy that ends TLS in front")
    port: int = Field(8080, description="of the API and the page")
    token_hours: float = Field(12, description="after them a person logs in again")
    map_style_url: str | None = Field(None, description="MapLibre style instead of the built-in")
    pmtiles_path: Path | None = Field(None, description="PMTiles base map served by us")
    metrics_token: str | None = Field(
        None, description="bearer token for /metrics; null: only this machine may read it"
    )
    webhook_allow_private: bool = Field(
        False, description="webhooks may target private and loopback addresses"
    )


class RulesSettings(BaseModel):
    """The engine's own knobs; thresholds are parameters of rules."""

    zone: str = Field("Asia/Shanghai", description="IANA zone of schedules that name none")
    news_minutes: float = Field(15, description="violations older than this are not announced")
    snapshot_minutes: float = Field(10, description="event time between two snapshots of a device")
    snapshot_days: float = Field(3, description="late fixes older than this replay from farther")
    tick_seconds: float = Field(5, description="silence is judged at most this late")
    outage_seconds: float = Field(120, description="a gap in ticks this long is an outage of ours")


class AlertsSettings(BaseModel):
    """What belongs together, and how people are told."""

    incident_gap_minutes: float = Field(
        10, ge=0, description="violations of a unit closer than this are one incident"
    )
    storm_units: int = Field(
        5, ge=2, description="so many units silent or without GNSS together are a storm ..."
    )
    storm_percent: float = Field(
        20, ge=0, le=100, description="... if they are this share of their organisation's units"
    )
    storm_units_of_place: int = Field(
        10, ge=2, description="... or so many where one organisation answers for the place"
    )
    storm_minutes: float = Field(10, gt=0, description="... when they begin within this time")
    storm_wait_seconds: float = Field(
        60, ge=0, description="silence and lost GNSS are told this much later: it may be a storm"
    )
    per_minute: int = Field(
        60, ge=1, description="messages to one receiver; what is more becomes a digest"
    )


class ExportsSettings(BaseModel):
    """Files of history that people order."""

    keep_hours: float = Field(24, gt=0, description="a file is kept so long, then deleted")
    gigabytes: float = Field(10, gt=0, description="files kept; above it the oldest go")


class ImportsSettings(BaseModel):
    """Files of history that people send."""

    max_megabytes: int = Field(1_024, ge=1, description="larger files are refused")


class PrivacySettings(BaseModel):
    """Where inspectors are outside their shifts is nobody's business."""

    off_shift: Literal["drop", "hide", "show"] = Field(
        "hide",
        description="fixes of inspectors outside their shifts: drop stores none, hide shows none",
    )
    photo_report_days: int | None = Field(
        None, ge=1, description="photo reports of handsets kept; null: as long as other photos"
    )


class Settings(BaseSettings):
    """All of it."""

    model_config = SettingsConfigDict(
        env_prefix="XUNJI_", env_nested_delimiter="__", toml_file="xunji.toml", extra="forbid"
    )

    data_dir: Path = Field(Path("xunji-data"), description="secret, embedded database")
    secret: str | None = Field(None, description="signs tokens and codes; unset: made once")
    clock: Literal["system", "simulated"] = Field(
        "system", description="simulated: time moves when told; for test servers"
    )
    production: bool = Field(True, description="refuses simulated time and the test interface")
    database: DatabaseSettings = DatabaseSettings()
    spool: SpoolSettings = SpoolSettings()
    gateway: GatewaySettings = GatewaySettings()
    mqtt: MqttSettings = MqttSettings()
    http: HttpSettings = HttpSettings()
    rules: RulesSettings = RulesSettings()
    alerts: AlertsSettings = AlertsSettings()
    exports: ExportsSettings = ExportsSettings()
    imports: ImportsSettings = ImportsSettings()
    privacy: PrivacySettings = PrivacySettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)
