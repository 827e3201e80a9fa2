"""A location as named fields: the readable decoder, and the encoder. Standard 8.18, table 23.

    0 alarm DWORD | 4 status DWORD | 8 latitude DWORD 1e-6 | 12 longitude DWORD 1e-6
    16 altitude WORD m | 18 speed WORD 0.1 km/h | 20 direction WORD | 22 time BCD[6] GMT+8
    28 items {id BYTE, length BYTE, value}

Hemispheres stand in status bits 2 and 3. `protocols.jt808.columns` is the fast twin.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

from protocols.contract import ProtocolError
from protocols.jt808.bits import (
    ALARM_BITS,
    LOAD_SHIFT,
    LOAD_WORDS,
    SOUTH,
    STATUS_BITS,
    WEST,
    names_of,
)
from protocols.jt808.fields import Reader, Values, pack_number
from protocols.jt808.items import decode_item, encode_item, walk_items
from protocols.jt808.times import pack_time, show_time

BASIC_BYTES = 28
BASIC = struct.Struct(">IIIIHHH6s")
_BASIC_NAMES = (
    ("alarm", 4), ("status", 4), ("lat", 4), ("lon", 4),
    ("altitude_m", 2), ("speed_kmh", 2), ("direction_deg", 2), ("time", 6),
)  # fmt: skip


def decode_location(body: bytes, version: str = "2013") -> Values:
    """A location body by field name. Raises ProtocolError("body_short")."""
    reader = Reader(body, version)
    values: Values = {}
    LOCATION.read(reader, values)
    return values


def encode_location(values: Values, version: str = "2013") -> bytes:
    """The reverse; coordinates from `lat_raw` and `lon_raw`, signs from `status`."""
    head = BASIC.pack(
        values["alarm"],
        values["status"],
        values["lat_raw"],
        values["lon_raw"],
        values["altitude_m"],
        round(values["speed_kmh"] * 10),
        values["direction_deg"],
        pack_time(values["time"], "time"),
    )
    items = values.get("extras", {}).items()
    return head + b"".join(encode_item(int(key, 16), item, version) for key, item in items)


def _basic(raw: bytes) -> Values:
    alarm, status, lat_raw, lon_raw, altitude_m, speed, direction_deg, time = BASIC.unpack(raw)
    return {
        "alarm": alarm,
        "status": status,
        "lat_raw": lat_raw,
        "lon_raw": lon_raw,
        "lat": (-lat_raw if status & SOUTH else lat_raw) / 1e6,
        "lon": (-lon_raw if status & WEST else lon_raw) / 1e6,
        "altitude_m": altitude_m,
        "speed_kmh": speed / 10,
        "direction_deg": direction_deg,
        "time": show_time(time),
        "alarms": names_of(alarm, ALARM_BITS),
        "status_bits": names_of(status, STATUS_BITS),
        "load": LOAD_WORDS[status >> LOAD_SHIFT & 3],
    }


def _read_items(reader: Reader) -> dict[str, Any]:
    extras: dict[str, Any] = {}
    base = reader.at
    for span in walk_items(reader.body[base:]):
        reader.at = base + span.at - 2
        start = reader.at
        raw = reader.take(2 + span.size, "item")[2:]
        key = f"0x{span.item_id:02X}"
        extras.pop(key, None)  # of a repeated item the last one counts, at its place
        if span.size < span.declared:
            extras[key] = {"truncated": raw.hex(), "declared_length": span.declared}
        else:
            extras[key] = decode_item(span.item_id, raw, reader.version)
        reader.note(start, f"extras.{key}", extras[key])
    return extras


@dataclass(frozen=True, slots=True)
class _Location:
    """The whole rest of a body."""

    name: str = "location"

    def read(self, reader: Reader, values: Values) -> None:
        start = reader.at
        values.update(_basic(reader.take(BASIC_BYTES, "location")))
        at = start
        for name, size in _BASIC_NAMES:
            reader.at = at + size
            reader.note(at, name, _in_words(name, values))
            at += size
        extras = _read_items(reader)
        if extras:
            values["extras"] = extras

    def write(self, values: Values, version: str) -> bytes:
        return encode_location(values, version)


def _in_words(name: str, values: Values) -> str:
    if name == "alarm":
        return ", ".join(values["alarms"]) or "0"
    if name == "status":
        return ", ".join([*values["status_bits"], f"load {values['load']}"])
    return str(values[name])


LOCATION = _Location()


@dataclass(frozen=True, slots=True)
class NestedLocation:
    """A location to the end of the body, under one name."""

    name: str

    def read(self, reader: Reader, values: Values) -> None:
        nested: Values = {}
        LOCATION.read(reader, nested)
        values[self.name] = nested

    def write(self, values: Values, version: str) -> bytes:
        return encode_location(values[self.name], version)


@dataclass(frozen=True, slots=True)
class BasicLocation:
    """The 28 basic bytes of a location under one name: where a photo was taken."""

    name: str

    def read(self, reader: Reader, values: Values) -> None:
        start = reader.at
        values[self.name] = _basic(reader.take(BASIC_BYTES, self.name))
        where = values[self.name]
        reader.note(start, self.name, f"{where['lat']}, {where['lon']} at {where['time']}")

    def write(self, values: Values, version: str) -> bytes:
        return encode_location({**values[self.name], "extras": {}}, version)


@dataclass(frozen=True, slots=True)
class LocationItems:
    """{length WORD, location} to the end of the body: some terminals write a wrong count."""

    name: str

    def read(self, reader: Reader, values: Values) -> None:
        items = values[self.name] = []
        while reader.left:
            start = reader.at
            size = int.from_bytes(reader.take(2, "item length"), "big")
            reader.note(start, f"{self.name}[{len(items)}] length", size)
            nested = reader.nested(size, "location")
            item: Values = {}
            LOCATION.read(nested, item)
            reader.absorb(nested)
            items.append(item)
        if not items:
            raise ProtocolError("body_short", "a batch without a location")

    def write(self, values: Values, version: str) -> bytes:
        bodies = [encode_location(item, version) for item in values[self.name]]
        return b"".join(pack_number(len(body), 2, "item length") + body for body in bodies)
