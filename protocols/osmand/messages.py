"""What OsmAnd and Traccar Client send (traccar.org/osmand): parameters, or JSON from client 9 on.

A frame is one or the other: `lat=..&lon=..`, or an object. The device's name and its secret are
taken out before.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode

import msgspec
from msgspec import Meta, Struct

from protocols.contract import ProtocolError

MAX_PAYLOAD_BYTES = 1 << 20
MAX_PARAMETERS = 64
MAX_LOCATIONS = 1_000
NAMES = ("id", "deviceid")
SECRETS = ("token", "key")
Pairs = list[tuple[str, str]]
Number = float | int


class Coordinates(Struct, frozen=True):
    """Degrees, metres, metres a second; negative: unknown."""

    latitude: Number
    longitude: Number
    accuracy: Number | None = None
    speed: Number | None = None
    heading: Number | None = None
    altitude: Number | None = None


class Battery(Struct, frozen=True):
    """`level` 0 to 1."""

    level: Number | None = None
    is_charging: bool | None = None


class Activity(Struct, frozen=True):
    """What the phone takes the person to be doing."""

    type: Annotated[str, Meta(max_length=32)] | None = None


class Location(Struct, frozen=True):
    """One fix of the JSON form."""

    timestamp: str | Number
    coords: Coordinates
    odometer: Number | None = None
    event: Annotated[str, Meta(max_length=32)] | None = None
    battery: Battery | None = None
    activity: Activity | None = None
    mock: bool | None = None


class Body(Struct, frozen=True):
    """The JSON form: one location, or many that were kept."""

    location: Location | Annotated[list[Location], Meta(min_length=1, max_length=MAX_LOCATIONS)]
    device_id: str | int | None = None

    def locations(self) -> Sequence[Location]:
        """In their order."""
        return [self.location] if isinstance(self.location, Location) else self.location


_decoder = msgspec.json.Decoder(Body)


def read_body(payload: bytes) -> Body:
    """The JSON form. Raises ProtocolError: too_large, invalid_json, invalid_message."""
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise ProtocolError("too_large", f"{len(payload)} bytes, at most {MAX_PAYLOAD_BYTES}")
    try:
        return _decoder.decode(payload)
    except msgspec.ValidationError as error:
        raise ProtocolError("invalid_message", str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ProtocolError("invalid_json", str(error)) from error


def read_pairs(text: bytes | str) -> Pairs:
    """Parameters in their order. Raises ProtocolError: too_large, invalid_message."""
    if len(text) > MAX_PAYLOAD_BYTES:
        raise ProtocolError("too_large", f"{len(text)} bytes, at most {MAX_PAYLOAD_BYTES}")
    try:
        decoded = text if isinstance(text, str) else text.decode()
        return parse_qsl(decoded, keep_blank_values=True, max_num_fields=MAX_PARAMETERS)
    except ValueError as error:
        raise ProtocolError("invalid_message", f"parameters: {error}") from error


def write_pairs(pairs: Pairs) -> bytes:
    """A frame of parameters."""
    return urlencode(pairs).encode()


def value_of(pairs: Pairs, names: Sequence[str]) -> str | None:
    """The first value under one of these names."""
    return next((value for name, value in pairs if name in names and value), None)


def is_json(frame: bytes) -> bool:
    """Which of the two forms."""
    return frame.lstrip()[:1] == b"{"


def plain(value: Any) -> str:
    """A device's name, whether it came as text or number."""
    return str(value).strip()
