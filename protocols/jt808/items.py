"""Additional items of a location: {id BYTE, length BYTE, value}. Standard 8.18, tables 26 to 31.

An item is decoded only if its fields take exactly its length: vendors reuse ids, so id and length
decide together. Everything else is kept as hex. A length beyond the frame keeps what is there.
"""

from __future__ import annotations

from dataclasses import dataclass

from protocols.contract import ProtocolError
from protocols.jt808.bits import VEHICLE_SIGNAL_BITS, names_of
from protocols.jt808.fields import (
    Fields,
    Number,
    Reader,
    Values,
    When,
    bytes_left,
    read_fields,
    write_fields,
)
from protocols.jt808.safety_items import ADAS, BLIND_SPOT, DRIVER_STATE, HARSH_DRIVING, TIRES

ODOMETER, RECORDER_SPEED, SATELLITES, WORK_SIGNALS = 0x01, 0x03, 0x31, 0xE5


@dataclass(frozen=True, slots=True)
class _Bytes:
    """Fixed number of bytes as a list of numbers."""

    name: str
    size: int

    def read(self, reader: Reader, values: Values) -> None:
        values[self.name] = list(reader.take(self.size, self.name))

    def write(self, values: Values, version: str) -> bytes:  # noqa: ARG002
        numbers: list[int] = values[self.name]
        return bytes(numbers)


@dataclass(frozen=True, slots=True)
class _SignMagnitude:
    """WORD whose top bit is the sign."""

    name: str

    def read(self, reader: Reader, values: Values) -> None:
        raw = int.from_bytes(reader.take(2, self.name), "big")
        values[self.name] = -(raw & 0x7FFF) if raw & 0x8000 else raw

    def write(self, values: Values, version: str) -> bytes:  # noqa: ARG002
        value: int = values[self.name]
        return (abs(value) | (0x8000 if value < 0 else 0)).to_bytes(2, "big")


@dataclass(frozen=True, slots=True)
class _VehicleSignals:
    """DWORD of lamps and pedals, with the names of the set bits."""

    name: str = "signals"

    def read(self, reader: Reader, values: Values) -> None:
        values["signals"] = int.from_bytes(reader.take(4, self.name), "big")
        values["signal_names"] = names_of(values["signals"], VEHICLE_SIGNAL_BITS)

    def write(self, values: Values, version: str) -> bytes:  # noqa: ARG002
        return int(values["signals"]).to_bytes(4, "big")


@dataclass(frozen=True, slots=True)
class _Analog:
    """DWORD: bits 0-15 AD0, 16-31 AD1."""

    name: str = "analog"

    def read(self, reader: Reader, values: Values) -> None:
        raw = int.from_bytes(reader.take(4, self.name), "big")
        values.update(analog=raw, ad0=raw & 0xFFFF, ad1=raw >> 16)

    def write(self, values: Values, version: str) -> bytes:  # noqa: ARG002
        return int(values["analog"]).to_bytes(4, "big")


@dataclass(frozen=True, slots=True)
class _WorkSignals:
    """DWORD of 2-bit work signals; see docs/protocols/jt808.md, item 0xE5."""

    name: str = "work_signals"

    def read(self, reader: Reader, values: Values) -> None:
        values[self.name] = int.from_bytes(reader.take(4, self.name), "big")

    def write(self, values: Values, version: str) -> bytes:  # noqa: ARG002
        return int(values[self.name]).to_bytes(4, "big")


@dataclass(frozen=True, slots=True)
class Item:
    """An item's fields; `nest` puts them under one name."""

    fields: Fields
    nest: str | None = None


def _area_known(values: Values, left: int | None) -> bool:
    return bool(values["position_type"]) and (left is None or left > 0)


ITEMS: dict[int, Item] = {
    0x01: Item((Number("mileage_km", 4, 1),)),
    0x02: Item((Number("fuel_l", 2, 1),)),
    0x03: Item((Number("recorder_speed_kmh", 2, 1),)),
    0x04: Item((Number("manual_confirm_event_id", 2),)),
    0x05: Item((_Bytes("tire_pressure", 30),)),
    0x06: Item((_SignMagnitude("compartment_temp_c"),)),
    0x11: Item((Number("position_type", 1), When(_area_known, Number("area_id", 4))), "overspeed"),
    0x12: Item(
        (Number("position_type", 1), Number("area_id", 4), Number("direction", 1)), "area_in_out"
    ),
    0x13: Item(
        (Number("segment_id", 4), Number("drive_time_s", 2), Number("result", 1)), "route_time"
    ),
    0x14: Item((Number("video_alarm", 4),)),
    0x15: Item((Number("video_signal_lost", 4),)),
    0x16: Item((Number("video_signal_blocked", 4),)),
    0x17: Item((Number("storage_fault", 2),)),
    0x18: Item((Number("abnormal_driving_type", 2), When(bytes_left, Number("fatigue_level", 1)))),
    0x25: Item((_VehicleSignals(),)),
    0x2A: Item((Number("io", 2),)),
    0x2B: Item((_Analog(),)),
    0x30: Item((Number("rssi", 1),)),
    0x31: Item((Number("satellites", 1),)),
    0x64: Item(ADAS, "adas"),
    0x65: Item(DRIVER_STATE, "dsm"),
    0x66: Item(TIRES, "tpms"),
    0x67: Item(BLIND_SPOT, "bsd"),
    0x70: Item(HARSH_DRIVING, "harsh_driving"),
    WORK_SIGNALS: Item((_WorkSignals(),)),
}


def decode_item(item_id: int, value: bytes, version: str = "2013") -> Values:
    """An item by field name, or {"raw": hex}. Never raises."""
    item = ITEMS.get(item_id)
    if item is None:
        return {"raw": value.hex()}
    reader = Reader(value, version)
    try:
        values = read_fields(item.fields, reader)
    except ProtocolError:
        return {"raw": value.hex()}
    if reader.left:
        return {"raw": value.hex()}
    return {item.nest: values} if item.nest else values


def encode_item(item_id: int, values: Values, version: str = "2013") -> bytes:
    """Id, length and value."""
    if "truncated" in values:
        raw = bytes.fromhex(values["truncated"])
        return bytes((item_id, values["declared_length"])) + raw
    item = ITEMS.get(item_id)
    if "raw" in values or item is None:
        raw = bytes.fromhex(values["raw"])
    else:
        raw = write_fields(item.fields, values[item.nest] if item.nest else values, version)
    if len(raw) > 255:
        raise ProtocolError("too_long", f"item 0x{item_id:02X} has {len(raw)} bytes")
    return bytes((item_id, len(raw))) + raw


@dataclass(frozen=True, slots=True)
class Span:
    """Where an item's value stands; `declared` differs from `size` when the frame ends early."""

    item_id: int
    declared: int
    at: int
    size: int


def walk_items(tail: bytes) -> list[Span]:
    """Spans of all items in order; a single last byte is no item."""
    spans = []
    at = 0
    while at + 2 <= len(tail):
        declared = tail[at + 1]
        size = min(declared, len(tail) - at - 2)
        spans.append(Span(tail[at], declared, at + 2, size))
        at += 2 + declared
    return spans
