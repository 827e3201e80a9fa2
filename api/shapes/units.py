"""Devices, positions, commands, refused input."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StringConstraints

from model.vehicles import UnitKind

Identity = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Tag = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]
MAX_TAGS = 20
FixSourceName = Literal["gnss", "lbs", "wifi", "none"]


class Position(BaseModel):
    """A fix; what is unknown is null, unknown signals are left out."""

    device_id: int
    time: str
    longitude: float
    latitude: float
    altitude_m: int | None
    speed_kmh: float | None
    course_deg: int | None
    accuracy_m: int | None
    fix_source: FixSourceName
    satellites: int | None
    odometer_m: int | None
    alarms: list[str]
    signals: dict[str, str]
    received_at: str
    attributes: dict[str, Any]
    online: bool


class CannotJudge(BaseModel):
    """A rule that cannot judge a device, since when and why."""

    rule_id: int
    rule_name_zh: str | None
    rule_name_en: str | None
    since: str
    reason: str


class Device(BaseModel):
    """A registered unit."""

    id: int
    organisation_id: int
    identity: str
    protocol: str
    kind: str
    name: str
    plate: str | None
    tags: list[str]
    auto_registered: bool
    terminal: dict[str, Any] | None
    profile: str | None
    last: Position | None
    cannot_judge: list[CannotJudge]


class NewDevice(BaseModel):
    """A unit to register; `organisation_id` defaults to the caller's own."""

    organisation_id: int | None = None
    identity: Identity
    protocol: Identity
    kind: UnitKind
    name: Name
    plate: Annotated[str, StringConstraints(max_length=20)] | None = None
    tags: list[Tag] = Field([], max_length=MAX_TAGS)


class TerminalToken(BaseModel):
    """A terminal's new token, shown once; the key is for apps that encrypt (OwnTracks)."""

    device_id: int
    protocol: str
    identity: str
    token: str
    encryption_key: str | None


class DeviceChange(BaseModel):
    """What to change; what is left out stays."""

    organisation_id: int | None = None
    kind: UnitKind | None = None
    name: Name | None = None
    plate: Annotated[str, StringConstraints(max_length=20)] | None = None
    tags: list[Tag] | None = Field(None, max_length=MAX_TAGS)
    profile: Annotated[str, StringConstraints(max_length=100)] | None = None
    log_in_code: Annotated[str, StringConstraints(min_length=1, max_length=64)] | None = None


class Unregistered(BaseModel):
    """A terminal that is not in the register."""

    protocol: str
    identity: str
    peer: str
    attempts: int
    details: dict[str, Any]
    first_seen: str
    last_seen: str


class Refused(BaseModel):
    """Refused input: `hex` is cut after 1,024 bytes."""

    id: int
    received_at: str
    protocol: str
    peer: str
    identity: str | None
    device_id: int | None
    reason: str
    detail: str
    hex: str
    bytes: int
