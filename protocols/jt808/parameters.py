"""Terminal parameters in 0x8103 and 0x0104. Standard 8.8, tables 10 to 12."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from protocols.contract import ProtocolError
from protocols.jt808.fields import PADDING, Reader, Values, pack_number, unpack_text

TEXT_IDS = frozenset(
    (
        *range(0x0010, 0x0018), 0x001A, 0x001D, *range(0x0023, 0x0027),
        *range(0x0040, 0x0045), 0x0048, 0x0049, 0x0083,
    )
)  # fmt: skip
WORD_IDS = frozenset((0x0031, *range(0x005B, 0x005F), 0x0081, 0x0082, 0x0101, 0x0103))
BYTE_IDS = frozenset((0x0084, 0x0090, 0x0091, 0x0092, 0x0094))
_NUMBER_SIZES = (1, 2, 4)


def _value(parameter_id: int, raw: bytes) -> str | int:
    if parameter_id in TEXT_IDS:
        return unpack_text(raw.rstrip(PADDING))
    return int.from_bytes(raw, "big") if len(raw) in _NUMBER_SIZES else raw.hex()


def _pack(parameter_id: int, value: str | int) -> bytes:
    if isinstance(value, int):
        size = 2 if parameter_id in WORD_IDS else 1 if parameter_id in BYTE_IDS else 4
        return pack_number(value, size, f"parameter 0x{parameter_id:04X}")
    return value.encode("gbk", "replace") if parameter_id in TEXT_IDS else bytes.fromhex(value)


@dataclass(frozen=True, slots=True)
class _Parameters:
    """count BYTE, then {id DWORD, length BYTE, value}; a repeated id becomes a list."""

    name: str = "params"

    def read(self, reader: Reader, values: Values) -> None:
        start = reader.at
        values["count"] = reader.take(1, "count")[0]
        reader.note(start, "count", values["count"])
        params: dict[str, Any] = {}
        for _item in range(values["count"]):
            self._read_one(reader, params)
        values[self.name] = params

    def _read_one(self, reader: Reader, params: dict[str, Any]) -> None:
        start = reader.at
        parameter_id = int.from_bytes(reader.take(4, self.name), "big")
        key = f"0x{parameter_id:04X}"
        value = _value(parameter_id, reader.take(reader.take(1, key)[0], key))
        reader.note(start, f"{self.name}.{key}", value)
        if key not in params:
            params[key] = value
        elif isinstance(params[key], list):
            params[key].append(value)
        else:
            params[key] = [params[key], value]

    def write(self, values: Values, version: str) -> bytes:  # noqa: ARG002
        items = []
        for key, value in values[self.name].items():
            parameter_id = int(key, 16)
            for one in value if isinstance(value, list) else [value]:
                raw = _pack(parameter_id, one)
                if len(raw) > 255:
                    raise ProtocolError("too_long", f"parameter {key} has {len(raw)} bytes")
                items.append(parameter_id.to_bytes(4, "big") + bytes((len(raw),)) + raw)
        return pack_number(len(items), 1, "count") + b"".join(items)


PARAMETERS = _Parameters()
