"""Terminal parameters in 0x8103 and 0x0104. JT/T 808-2013 8.9, tables 10 to 12."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from protocols.contract import ProtocolError
from protocols.jt808.fields import PADDING, Reader, Values, pack_number, unpack_text
from protocols.jt808.parameter_names import BY_ID, BY_NAME, TEXT_IDS

_NUMBER_SIZES = (1, 2, 4)


def _value(parameter_id: int, raw: bytes) -> str | int:
    if parameter_id in TEXT_IDS:
        return unpack_text(raw.rstrip(PADDING))
    return int.from_bytes(raw, "big") if len(raw) in _NUMBER_SIZES else raw.hex()


def _pack(parameter_id: int, value: str | int) -> bytes:
    if isinstance(value, int):
        known = BY_ID.get(parameter_id)
        size = known.size if known and known.size > 0 else 4
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


def by_name(values: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters given by name (or as 0x0029), as 0x8103 takes them.

    Raises ProtocolError("unknown_parameter", "parameter_value").
    """
    named = {}
    for name, value in values.items():
        known = BY_NAME.get(name)
        if known is None and not name.lower().startswith("0x"):
            raise ProtocolError("unknown_parameter", name)
        wanted = int if known and known.size > 0 else str if known else (int, str)
        if isinstance(value, bool) or not isinstance(value, wanted):
            raise ProtocolError("parameter_value", f"{name} = {value!r}")
        named[f"0x{known.id:04X}" if known else f"0x{int(name, 16):04X}"] = value
    return named


def named(params: Mapping[str, Any]) -> dict[str, Any]:
    """What 0x0104 says, by name where there is one."""
    shown = {}
    for key, value in params.items():
        known = BY_ID.get(int(key, 16))
        shown[known.name if known else key] = value
    return shown
