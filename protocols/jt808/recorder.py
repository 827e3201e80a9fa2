"""Blocks of the driving recorder within 0x8700, 0x8701 and 0x0700: GB/T 19056-2012, as practised.

AA 75 (of the recorder 55 7A) | command BYTE | length WORD | reserved BYTE | data | XOR
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from protocols.contract import ProtocolError
from protocols.jt808.fields import PADDING, Reader, Values, unpack_text
from protocols.jt808.framing import checksum
from protocols.jt808.times import local_time, pack_time, show_time

ASKS, SAYS = b"\xaa\x75", b"\x55\x7a"
# What may be asked for; from `speeds` on it is of a period.
QUERIES = {
    "version": 0x00, "driver": 0x01, "clock": 0x02, "mileage": 0x03, "pulses": 0x04,
    "vehicle": 0x05, "signals": 0x06, "serial_number": 0x07, "speeds": 0x08, "positions": 0x09,
    "accidents": 0x10, "overtime": 0x11, "driver_changes": 0x12, "power": 0x13,
    "parameter_changes": 0x14, "speed_states": 0x15,
}  # fmt: skip
FIRST_OF_PERIOD = QUERIES["speeds"]
MAX_BLOCKS = 0xFFFF
_NAMES = {number: name for name, number in QUERIES.items()}
_HEAD_BYTES = 6


def pack_block(start: bytes, command: int, data: bytes) -> bytes:
    """A whole block; `start` is ASKS or SAYS."""
    block = start + bytes((command,)) + len(data).to_bytes(2, "big") + b"\0" + data
    return block + bytes((checksum(block),))


def query_block(command: int, body: dict[str, Any]) -> bytes:
    """What asks for records: of a period ("from", "to", "blocks"?) where they have one."""
    if command < FIRST_OF_PERIOD:
        return pack_block(ASKS, command, b"")
    if not body.get("from") or not body.get("to"):
        raise ProtocolError("missing_field", f"{_NAMES[command]} is of a period: from, to")
    edges = (pack_time(local_time(body[name]), name) for name in ("from", "to"))
    blocks = int(body.get("blocks") or MAX_BLOCKS)
    return pack_block(ASKS, command, b"".join(edges) + blocks.to_bytes(2, "big"))


def unpack_block(block: bytes) -> tuple[int, bytes] | None:
    """Command and data; None for what is no whole block."""
    size = len(block) - _HEAD_BYTES - 1
    if size < 0 or block[:2] not in (ASKS, SAYS) or checksum(block[:-1]) != block[-1]:
        return None
    if int.from_bytes(block[3:5], "big") != size:
        return None
    return block[2], block[_HEAD_BYTES:-1]


def recorded(block: bytes) -> Values | None:
    """What the recorder says, by field where its records are short; None: no whole block."""
    whole = unpack_block(block)
    if whole is None:
        return None
    command, data = whole
    told: Values = {"what": _NAMES.get(command, f"0x{command:02X}")}
    read = _READERS.get(command)
    if read is not None and len(data) == read[0]:
        return {**told, **read[1](data)}
    return told


@dataclass(frozen=True, slots=True)
class Block:
    """A block to the end of the body, as hex; what it says in `recorded`."""

    name: str = "data"

    def read(self, reader: Reader, values: Values) -> None:
        start = reader.at
        block = reader.take(reader.left, self.name)
        values[self.name] = block.hex()
        told = recorded(block)
        if told is not None:
            values["recorded"] = told
        reader.note(start, self.name, told or block.hex())

    def write(self, values: Values, version: str) -> bytes:  # noqa: ARG002
        return bytes.fromhex(values[self.name])


def _digits(data: bytes) -> float:
    """BCD of 0.1 km."""
    digits = data.hex()
    return int(digits) / 10 if digits.isdecimal() else 0.0


def _text(data: bytes) -> str:
    return unpack_text(data.strip(PADDING))


# By command: the length, and what stands in it.
_READERS: dict[int, tuple[int, Callable[[bytes], Values]]] = {
    0x00: (2, lambda d: {"standard_year": f"20{d[:1].hex()}", "amendment": d[1]}),
    0x01: (18, lambda d: {"licence": _text(d)}),
    0x02: (6, lambda d: {"time": show_time(d)}),
    0x03: (
        20,
        lambda d: {
            "time": show_time(d[:6]), "installed": show_time(d[6:12]),
            "first_km": _digits(d[12:16]), "total_km": _digits(d[16:20]),
        },
    ),
    0x04: (8, lambda d: {"time": show_time(d[:6]), "pulses_per_km": int.from_bytes(d[6:], "big")}),
    0x05: (
        41,
        lambda d: {"vin": _text(d[:17]), "plate": _text(d[17:29]), "plate_kind": _text(d[29:])},
    ),
}  # fmt: skip
