"""What a 0x0900 carries: peripherals of active safety by field, everything else as hex.

T/JSATL 12-2017 tables 4-6 to 4-9. State: 1 works, 2 stands by, 3 upgrading, 4 faulty, 0x10 away.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from protocols.contract import ProtocolError
from protocols.jt808.fields import (
    Fields,
    Number,
    Raw,
    Reader,
    SizedText,
    Values,
    pack_number,
    read_fields,
    write_fields,
)

_TEXTS = ("company", "model", "hardware_version", "software_version", "device_id", "customer_code")
LISTS: dict[int, Fields] = {
    0xF7: (Number("state", 1), Number("alarm", 4)),
    0xF8: tuple(SizedText(name) for name in _TEXTS),
}


@dataclass(frozen=True, slots=True)
class PassedUp:
    """Types of `LISTS`: count, then {peripheral, length, fields}; if that closes. Else hex."""

    name: str = "items"

    def read(self, reader: Reader, values: Values) -> None:
        fields = LISTS.get(values["type"])
        start = reader.at
        if fields:
            with suppress(ProtocolError):
                items = _items(fields, reader)
                if not reader.left:
                    values[self.name] = items
                    reader.note(start, self.name, items)
                    return
            reader.at = start
        Raw("data").read(reader, values)

    def write(self, values: Values, version: str) -> bytes:
        items = values.get(self.name)
        if items is None:
            return bytes.fromhex(values["data"])
        parts = [_packed(LISTS[values["type"]], item, version) for item in items]
        return pack_number(len(items), 1, "count") + b"".join(parts)


def _items(fields: Fields, reader: Reader) -> list[Values]:
    items = []
    for _ in range(reader.take(1, "count")[0]):
        peripheral, size = reader.take(2, "peripheral")
        nested = reader.nested(size, "peripheral")
        items.append({"peripheral": peripheral, **read_fields(fields, nested)})
        if nested.left:
            raise ProtocolError("body_short", "a peripheral that is longer than its fields")
    return items


def _packed(fields: Fields, item: Values, version: str) -> bytes:
    raw = write_fields(fields, item, version)
    return bytes((item["peripheral"],)) + pack_number(len(raw), 1, "length") + raw
