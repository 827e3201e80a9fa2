"""Messages of OwnTracks (owntracks.org/booklet/tech/json), those that say where somebody is.

Numbers may come as integers or decimals; what the apps add beside is ignored.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from protocols.contract import ProtocolError

MAX_PAYLOAD_BYTES = 1 << 20  # a dump of waypoints is the largest that apps send
Number = float | int

# What apps send beside positions: read by nobody here, and no fault of theirs.
IGNORED = frozenset(
    ("beacon", "card", "cmd", "configuration", "dump", "request", "status", "steps", "waypoint",
     "waypoints")
)  # fmt: skip


class _Place(Struct, frozen=True, kw_only=True):
    tst: Annotated[Number, Meta(description="seconds since 1970 of the fix")]
    lat: Number
    lon: Number
    acc: Number | None = None  # m


class Location(_Place, tag_field="_type", tag="location", frozen=True, kw_only=True):
    """`_type` location."""

    alt: Number | None = None  # m
    vac: Number | None = None  # m
    vel: Number | None = None  # km/h
    cog: Number | None = None  # degrees
    batt: Number | None = None  # percent
    bs: Number | None = None  # 0 unknown, 1 unplugged, 2 charging, 3 full
    conn: str | None = None  # w: wifi, m: mobile, o: offline
    t: str | None = None  # trigger
    m: Number | None = None  # monitoring mode
    source: str | None = None  # of Android: gps, network, fused


class Transition(_Place, tag_field="_type", tag="transition", frozen=True, kw_only=True):
    """`_type` transition: a region was entered or left."""

    event: Literal["enter", "leave"]
    desc: str | None = None


class Will(Struct, tag_field="_type", tag="lwt", frozen=True, kw_only=True):
    """`_type` lwt: the broker tells that the app has gone."""

    tst: Number | None = None


class Sealed(Struct, tag_field="_type", tag="encrypted", frozen=True, kw_only=True):
    """`_type` encrypted: a nonce and a secretbox of another message."""

    data: bytes


class _Type(Struct):
    type: Annotated[str, Meta(max_length=32)] = msgspec.field(name="_type")


Message = Location | Transition | Will | Sealed
_decoder = msgspec.json.Decoder(Message)
_types = msgspec.json.Decoder(_Type)


def read(payload: bytes) -> Message | None:
    """A message; None for one of IGNORED and for the empty one that ends a friendship.

    Raises ProtocolError: too_large, invalid_json, invalid_message, unknown_type.
    """
    if not payload:
        return None
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise ProtocolError("too_large", f"{len(payload)} bytes, at most {MAX_PAYLOAD_BYTES}")
    try:
        message: Message = _decoder.decode(payload)
    except msgspec.ValidationError as error:
        _check_ignored(payload, error)
        return None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ProtocolError("invalid_json", str(error)) from error
    return message


def _check_ignored(payload: bytes, cause: msgspec.ValidationError) -> None:
    """Raises ProtocolError unless the message is one of those that nobody reads."""
    try:
        kind = _types.decode(payload).type
    except msgspec.ValidationError as error:
        raise ProtocolError("invalid_message", str(error)) from error
    if kind in IGNORED:
        return
    known = kind in ("location", "transition", "lwt", "encrypted")
    raise ProtocolError("invalid_message" if known else "unknown_type", str(cause)) from cause
