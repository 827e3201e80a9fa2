"""Devices, positions, commands, refused input."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StringConstraints

from api.shapes.people import Person
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


class DeviceChange(BaseModel):
    """What to change; what is left out stays."""

    organisation_id: int | None = None
    kind: UnitKind | None = None
    name: Name | None = None
    plate: Annotated[str, StringConstraints(max_length=20)] | None = None
    tags: list[Tag] | None = Field(None, max_length=MAX_TAGS)


TextFlag = Literal["emergency", "display", "tts"]


class TextCommand(BaseModel):
    """Text for a terminal."""

    kind: Literal["text"] = "text"
    text: str = Field(min_length=1, max_length=500)
    flags: list[TextFlag] = ["display", "tts"]


class PhotoCommand(BaseModel):
    """Take photos now; resolution 1 320x240, 2 640x480, 3 800x600, 4 1024x768."""

    kind: Literal["photo"]
    channel: int = Field(1, ge=1, le=255)
    shots: int = Field(1, ge=1, le=10)
    resolution: int = Field(2, ge=1, le=4)
    quality: int = Field(5, ge=1, le=10)


class Command(BaseModel):
    """A command and what became of it."""

    id: int
    device_id: int
    violation_id: int | None
    kind: str
    body: dict[str, Any]
    state: Literal["queued", "sent", "answered", "expired"]
    result: str | None
    created_at: str
    sent_at: str | None
    answered_at: str | None
    created_by: Person | None


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
