"""Fields that repeat: after their count, or to the end of the body."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from protocols.jt808.fields import (
    Field,
    Fields,
    Number,
    Reader,
    Values,
    When,
    bytes_left,
    pack_number,
    read_fields,
    write_fields,
)


@dataclass(frozen=True, slots=True)
class Numbers:
    """`count` numbers after their count; the count is shown too."""

    name: str
    size: int
    count_bytes: int = 1

    def read(self, reader: Reader, values: Values) -> None:
        start = reader.at
        count = int.from_bytes(reader.take(self.count_bytes, "count"), "big")
        values["count"] = count
        reader.note(start, "count", count)
        start = reader.at
        raw = reader.take(count * self.size, self.name)
        cuts = range(0, len(raw), self.size)
        values[self.name] = [int.from_bytes(raw[at : at + self.size], "big") for at in cuts]
        reader.note(start, self.name, values[self.name])

    def write(self, values: Values, version: str) -> bytes:  # noqa: ARG002
        numbers = values[self.name]
        head = pack_number(len(numbers), self.count_bytes, "count")
        return head + b"".join(pack_number(n, self.size, self.name) for n in numbers)


@dataclass(frozen=True, slots=True)
class Group:
    """Repeated fields: after a count of `count_bytes`, or (0) to the end of the body."""

    name: str
    fields: Fields
    count_bytes: int = 1

    def read(self, reader: Reader, values: Values) -> None:
        if self.count_bytes:
            start = reader.at
            count = int.from_bytes(reader.take(self.count_bytes, "count"), "big")
            values["count"] = count
            reader.note(start, "count", count)
            values[self.name] = [read_fields(self.fields, reader) for _ in range(count)]
            return
        items = values[self.name] = []
        while reader.left:
            items.append(read_fields(self.fields, reader))

    def write(self, values: Values, version: str) -> bytes:
        items = values[self.name]
        head = pack_number(len(items), self.count_bytes, "count") if self.count_bytes else b""
        return head + b"".join(write_fields(self.fields, item, version) for item in items)


def entries(value: Any) -> int:
    """How many entries a list has, or a table whose repeated keys hold lists."""
    if isinstance(value, dict):
        return sum(len(one) if isinstance(one, list) else 1 for one in value.values())
    return len(value)


@dataclass(frozen=True, slots=True)
class InPackages:
    """A repeated field of 2011: how many there are over all packages, then this package's."""

    field: Field
    name: str
    size: int = 1

    def read(self, reader: Reader, values: Values) -> None:
        start = reader.at
        values["total"] = int.from_bytes(reader.take(self.size, "total"), "big")
        reader.note(start, "total", values["total"])
        self.field.read(reader, values)

    def write(self, values: Values, version: str) -> bytes:
        total = values.get("total", entries(values[self.name]))
        return pack_number(total, self.size, "total") + self.field.write(values, version)


def changing(name: str, fields: Fields) -> dict[str, Fields]:
    """Layouts of a message that changes a list: action, then (unless it clears) the entries."""
    group = Group(name, fields)
    return {
        "2013": (Number("action", 1), When(bytes_left, group)),
        "2011": (Number("action", 1), When(bytes_left, InPackages(group, name))),
    }
