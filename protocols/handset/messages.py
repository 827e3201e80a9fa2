"""Messages of the handset protocol: our own JSON, version 1. See docs/protocols/handset.md.

Unknown fields are ignored, so that a newer handset talks to an older server; wrong types are not.
Ranges of single fixes are judged row by row later: one bad fix must not cost its siblings.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from protocols.contract import ProtocolError

VERSION: Literal[1] = 1
MAX_FIXES = 5_000
MAX_GAPS = 1_000
MAX_PAYLOAD_BYTES = 6 << 20  # a photo of 4 MiB in base64, and what stands about it
MAX_TEXT_CHARACTERS = 1_024
MAX_NOTE_CHARACTERS = 500
MAX_POINT_CHARACTERS = 64

Seq = Annotated[int, Meta(ge=0, le=2**53, description="counts the handset's messages")]
Time = Annotated[int | str, Meta(description="milliseconds since 1970, or ISO 8601 with zone")]
Switch = Literal["on", "off"]
GnssState = Literal["ok", "poor", "off"]
Network = Literal["5g", "4g", "3g", "2g", "wifi", "none"]
# To a text: "done" (shown) or why not. To a task: "received", then "read", then "done".
Result = Literal["done", "failed", "message_error", "unsupported", "received", "read"]
Source = Literal["gnss", "lbs", "wifi", "none"]
Why = Literal["no_gnss", "no_network", "phone_off", "app_killed", "off_shift"]
Note = Annotated[str, Meta(max_length=MAX_NOTE_CHARACTERS)]
# msgspec takes bounds on a number, not on a union of numbers.
Percent = Annotated[int, Meta(ge=0, le=100)] | Annotated[float, Meta(ge=0, le=100)]


class Fix(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One fix; `src` "none" says that the handset knows no place."""

    t: Time
    lon: Annotated[float, Meta(description="degrees WGS-84")] | None = None
    lat: Annotated[float, Meta(description="degrees WGS-84")] | None = None
    alt: Annotated[float, Meta(description="m")] | None = None
    spd: Annotated[float, Meta(description="km/h")] | None = None
    crs: Annotated[float, Meta(description="degrees from north")] | None = None
    acc: Annotated[float, Meta(description="m, radius of 68 %")] | None = None
    src: Source = "gnss"
    sat: Annotated[int, Meta(description="satellites used")] | None = None
    mock: (
        Annotated[bool, Meta(description="the system says that the place is simulated")] | None
    ) = None


class _Message(Struct, frozen=True, kw_only=True, omit_defaults=True):
    v: Literal[1]
    seq: Seq


class _State(_Message, frozen=True, kw_only=True, omit_defaults=True):
    """How the handset is, at the message's fixes."""

    gnss: GnssState | None = None
    bat: Percent | None = None
    net: Network | None = None
    shift: Switch | None = None


class Fixes(_State, tag_field="type", tag="fixes", frozen=True, kw_only=True, omit_defaults=True):
    """Fixes, those queued while there was no network included, and the handset's state."""

    fixes: Annotated[list[Fix], Meta(min_length=1, max_length=MAX_FIXES)]


CompactFix = Annotated[
    list[int],
    Meta(
        min_length=3,
        max_length=8,
        description="seconds, longitude and latitude in 1e-6 degree, each as the difference to the"
        " row before (the first row's: to `t` and 0); then, as far as known, accuracy in m, speed"
        " in 0.1 km/h, course in degrees, source (0 none, 1 gnss, 2 lbs, 3 wifi), mocked (0, 1);"
        " -1 is unknown",
    ),
]


class Track(_State, tag_field="type", tag="track", frozen=True, kw_only=True, omit_defaults=True):
    """The compact form of `fixes`, for a data bill a quarter as large."""

    t: Annotated[int, Meta(ge=0, description="seconds since 1970")]
    f: Annotated[list[CompactFix], Meta(min_length=1, max_length=MAX_FIXES)]


class CheckIn(
    _State, tag_field="type", tag="check_in", frozen=True, kw_only=True, omit_defaults=True
):
    """The person reports at a point; stored as a position with signal `check_in`."""

    fix: Fix
    point: Annotated[str, Meta(max_length=MAX_POINT_CHARACTERS)] | None = None
    text: Note | None = None


class Sos(_State, tag_field="type", tag="sos", frozen=True, kw_only=True, omit_defaults=True):
    """The person calls for help; stored as a position with the emergency alarm."""

    fix: Fix
    text: Note | None = None


class Photo(_Message, tag_field="type", tag="photo", frozen=True, kw_only=True, omit_defaults=True):
    """A photo report; time and place are those of `fix`."""

    photo_id: Annotated[int, Meta(ge=0, le=2**53, description="the handset's own number")]
    data: Annotated[bytes, Meta(description="JPEG, PNG or WebP, at most 4 MiB, in base64")]
    fix: Fix | None = None
    text: Note | None = None


class Gap(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why there was nothing from `t` until `until`."""

    t: Time
    until: Time
    why: Why


class Gaps(_Message, tag_field="type", tag="gaps", frozen=True, kw_only=True, omit_defaults=True):
    """What the handset knows afterwards of times without fixes."""

    gaps: Annotated[list[Gap], Meta(min_length=1, max_length=MAX_GAPS)]


class Shift(_Message, tag_field="type", tag="shift", frozen=True, kw_only=True, omit_defaults=True):
    """A shift starts or ends; with `fix` it is stored as a position, on or off duty."""

    shift: Switch
    fix: Fix | None = None
    gnss: GnssState | None = None
    bat: Percent | None = None
    net: Network | None = None


class Hello(_Message, tag_field="type", tag="hello", frozen=True, kw_only=True, omit_defaults=True):
    """The handset has connected."""

    model: str | None = None
    app: str | None = None


class Answer(
    _Message, tag_field="type", tag="answer", frozen=True, kw_only=True, omit_defaults=True
):
    """The answer to a message on `.../down`, by its id."""

    id: int
    result: Result


class Ack(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """On `.../ack`. `ok` false: `error` says why, and repeating the message will not help."""

    seq: int
    ok: bool
    error: str | None = None


class Text(Struct, tag_field="type", tag="text", frozen=True, kw_only=True):
    """On `.../down`: show this text."""

    id: int
    text: Annotated[str, Meta(max_length=MAX_TEXT_CHARACTERS)]
    flags: list[str] = []


class Task(Struct, tag_field="type", tag="task", frozen=True, kw_only=True, omit_defaults=True):
    """On `.../down`: a message to be read, or a task to be done, at a place, until a time."""

    id: int
    want: Literal["read", "done"]
    text: Annotated[str, Meta(max_length=MAX_TEXT_CHARACTERS)]
    lon: Annotated[float, Meta(description="degrees WGS-84")] | None = None
    lat: Annotated[float, Meta(description="degrees WGS-84")] | None = None
    until: Annotated[int, Meta(description="milliseconds since 1970")] | None = None


Up = Fixes | Track | Shift | CheckIn | Sos | Photo | Gaps | Hello | Answer
_decoder = msgspec.json.Decoder(Up)
_encoder = msgspec.json.Encoder()


class _Envelope(Struct):
    seq: Seq


def decode_up(payload: bytes) -> Up:
    """A message from a handset. Raises ProtocolError: too_large, invalid_json, invalid_message."""
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise ProtocolError("too_large", f"{len(payload)} bytes, at most {MAX_PAYLOAD_BYTES}")
    try:
        message: Up = _decoder.decode(payload)
    except msgspec.ValidationError as error:
        raise ProtocolError("invalid_message", str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ProtocolError("invalid_json", str(error)) from error
    return message


def seq_of(payload: bytes) -> int | None:
    """The `seq` of a message that is otherwise wrong, if it has one."""
    try:
        return msgspec.json.decode(payload, type=_Envelope).seq
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def encode(message: Up | Ack | Text | Task) -> bytes:
    """JSON of any message."""
    return _encoder.encode(message)


def schema() -> dict[str, Any]:
    """JSON Schema of all messages (docs/protocols/handset.schema.json)."""
    messages = (Fixes, Track, Shift, CheckIn, Sos, Photo, Gaps, Hello, Answer, Ack, Text, Task)
    references, components = msgspec.json.schema_components(messages, ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Xunji handset messages, version 1",
        "anyOf": list(references),
        "$defs": components,
    }
