"""Commands to terminals: one model a kind, told apart by `kind`, which is "text" if left out."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.shapes.people import Person
from api.times import Time

TextFlag = Literal["emergency", "display", "tts"]
Shape = Literal["circle", "polygon", "route"]
MediaType = Literal["image", "audio", "video"]
MediaEvent = Literal[
    "command", "timer", "robbery", "collision", "door_open", "door_closed", "door_closed_moving",
    "distance",
]  # fmt: skip
Clock = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d:[0-5]\d$")]
Notice = Literal["enter_driver", "enter_platform", "leave_driver", "leave_platform"]


class _Command(BaseModel):
    model_config = ConfigDict(extra="forbid")


class TextCommand(_Command):
    """Text for a terminal."""

    kind: Literal["text"] = "text"
    text: str = Field(min_length=1, max_length=500)
    flags: list[TextFlag] = ["display", "tts"]


class PhotoCommand(_Command):
    """Take photos now; resolution 1 320x240, 2 640x480, 3 800x600, 4 1024x768."""

    kind: Literal["photo"]
    channel: int = Field(1, ge=1, le=255)
    shots: int = Field(1, ge=1, le=10)
    resolution: int = Field(2, ge=1, le=4)
    quality: int = Field(5, ge=1, le=10)


class PlainCommand(_Command):
    """What needs no more than its kind; the answer has what the terminal says."""

    kind: Literal["query_attributes", "query_location", "query_driver", "link_test"]


class SetParameters(_Command):
    """Parameters by name (GET /terminal-parameters), or by id as 0x0029."""

    kind: Literal["set_parameters"]
    values: dict[str, int | str] = Field(min_length=1, max_length=100)


class QueryParameters(_Command):
    """The named parameters, or all."""

    kind: Literal["query_parameters"]
    names: list[str] = Field([], max_length=100)


class Control(_Command):
    """0x8105; `arguments` as the standard joins them, for upgrade and connect."""

    kind: Literal["control"]
    action: Literal[
        "upgrade", "connect", "power_off", "reset", "factory_reset", "close_data", "close_radio"
    ]
    arguments: str | None = Field(None, max_length=500)


class Track(_Command):
    """Report every `interval_s` for a while; 0 stops it."""

    kind: Literal["track"]
    interval_s: int = Field(ge=0, le=0xFFFF)
    validity_s: int = Field(300, ge=1, le=86_400)


class ConfirmAlarm(_Command):
    """Alarms that the terminal holds until a person has seen them."""

    kind: Literal["confirm_alarm"]
    alarms: list[str] = Field(min_length=1, max_length=7)
    alarm_serial: int = Field(0, ge=0, le=0xFFFF)


class Doors(_Command):
    """Lock or unlock the doors."""

    kind: Literal["doors"]
    doors: Literal["lock", "unlock"]


class SetArea(_Command):
    """One of our fences into the terminal: a circle, a polygon, or a corridor as a route."""

    kind: Literal["set_area"]
    fence_id: int
    notices: list[Notice] = ["enter_driver", "leave_driver"]
    start: Clock | None = None
    end: Clock | None = None
    max_speed_kmh: int | None = Field(None, ge=1, le=255)
    night_max_speed_kmh: int | None = Field(None, ge=1, le=255)
    overspeed_duration_s: int = Field(10, ge=1, le=255)


class DeleteAreas(_Command):
    """Areas of a shape out of the terminal; their ids are those of the fences, none: all."""

    kind: Literal["delete_areas"]
    shape: Shape
    ids: list[int] = Field([], max_length=125)


class QueryAreas(_Command):
    """What areas the terminal has (2019)."""

    kind: Literal["query_areas"]
    shape: Shape
    ids: list[int] = Field([], max_length=125)


class MediaUpload(_Command):
    """A photo or sound that the terminal has stored, by its number there."""

    kind: Literal["media_upload"]
    media_id: int = Field(ge=1, le=0xFFFF_FFFF)
    delete: bool = False


class _Stored(_Command):
    media_type: MediaType = "image"
    channel: int = Field(0, ge=0, le=255)
    event: MediaEvent = "command"
    since: Time | None = Field(None, alias="from")
    until: Time | None = Field(None, alias="to")


class MediaSearch(_Stored):
    """What the terminal has stored of a kind; `channel` 0: of all; no times: ever."""

    kind: Literal["media_search"]


class MediaUploadAll(_Stored):
    """All that a search would find is uploaded."""

    kind: Literal["media_upload_all"]
    delete: bool = False


class RecordAudio(_Command):
    """Record sound for so long; 0 stops. `keep`: it stays in the terminal."""

    kind: Literal["record_audio"]
    duration_s: int = Field(ge=0, le=3_600)
    keep: bool = False
    sample_rate_khz: Literal[8, 11, 23, 32] = 8


class QueryRecorder(_Command):
    """What the driving recorder holds; from `speeds` on of a period."""

    kind: Literal["query_recorder"]
    what: str = Field(max_length=40)
    since: Time | None = Field(None, alias="from")
    until: Time | None = Field(None, alias="to")
    blocks: int | None = Field(None, ge=1, le=0xFFFF)


class AnyMessage(_Command):
    """Any message of the platform by name or id; its fields stand in docs/protocols/jt808.md."""

    kind: Literal["message"]
    message: str = Field(min_length=1, max_length=40)
    values: dict[str, Any] = {}


AnyCommand = (
    TextCommand | PhotoCommand | PlainCommand | SetParameters | QueryParameters | Control | Track
    | ConfirmAlarm | Doors | SetArea | DeleteAreas | QueryAreas | MediaUpload | MediaSearch
    | MediaUploadAll | RecordAudio | QueryRecorder | AnyMessage
)  # fmt: skip


class Command(BaseModel):
    """A command and what became of it; `answer`: what the terminal said, by field."""

    id: int
    device_id: int
    violation_id: int | None
    kind: str
    body: dict[str, Any]
    state: Literal["queued", "sent", "answered", "expired"]
    result: str | None
    answer: dict[str, Any] | None
    created_at: str
    sent_at: str | None
    answered_at: str | None
    created_by: Person | None


class TerminalParameter(BaseModel):
    """A parameter that terminals have."""

    id: str
    name: str
    type: Literal["number", "text", "hex"]
    unit: str


class TerminalMessage(BaseModel):
    """What a terminal said, by field; `outcome` of a waybill: the waybill's id, or why none."""

    id: int
    device_id: int
    received_at: str
    name: str
    content: dict[str, Any]
    outcome: dict[str, Any] | None
