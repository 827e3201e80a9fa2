"""Which bits and items of a terminal move: what an engineer looks at to find the cover's bit.

Fed with the raw frames of one terminal in the order of their times.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from protocols.contract import ProtocolError
from protocols.jt808.bits import ALARM_BITS, STATUS_BITS
from protocols.jt808.bodies import REPORT_IDS, find_bodies
from protocols.jt808.items import ITEMS, walk_items
from protocols.jt808.location import BASIC, BASIC_BYTES

MAX_CHANGES = 20  # times of a bit's last changes
MAX_VALUES = 20  # different values of an item that are listed
MAX_DIFFERENT = 1_000  # ... that are counted
_NUMBER_BYTES = 4
_NAMES = {"status": STATUS_BITS, "alarm": ALARM_BITS}


@dataclass(slots=True)
class _Bit:
    set_count: int = 0
    changes: int = 0
    last: bool | None = None
    times_us: list[int] = field(default_factory=list)

    def see(self, value: bool, time_us: int) -> None:
        self.set_count += value
        if self.last is not None and value is not self.last:
            self.changes += 1
            self.times_us = [*self.times_us[1 - MAX_CHANGES :], time_us]
        self.last = value


@dataclass(slots=True)
class _Item:
    count: int = 0
    changes: int = 0
    last: bytes = b""
    values: dict[bytes, int] = field(default_factory=dict)
    bits: dict[int, _Bit] = field(default_factory=dict)

    def see(self, value: bytes, time_us: int) -> None:
        self.changes += self.count > 0 and value != self.last
        self.count, self.last = self.count + 1, value
        if value in self.values or len(self.values) < MAX_DIFFERENT:
            self.values[value] = self.values.get(value, 0) + 1
        if len(value) <= _NUMBER_BYTES:
            number = int.from_bytes(value, "big")
            for bit in range(8 * len(value)):
                self.bits.setdefault(bit, _Bit()).see(bool(number >> bit & 1), time_us)


class Movement:
    """What has been seen so far."""

    def __init__(self) -> None:
        self.frames = 0
        self._words = {name: [_Bit() for _ in range(32)] for name in _NAMES}
        self._items: dict[tuple[int, int], _Item] = {}

    def see(self, frames: Iterable[tuple[int, bytes]]) -> None:
        """Take in (UTC microseconds, unescaped frame with its checksum); others are passed over."""
        for time_us, frame in frames:
            if int.from_bytes(frame[:2], "big") in REPORT_IDS:
                try:
                    bodies = find_bodies([frame])
                except ProtocolError:
                    continue
                for start, end in zip(bodies.start.tolist(), bodies.end.tolist(), strict=True):
                    self._see_body(time_us, bodies.data[start:end].tobytes())

    def _see_body(self, time_us: int, body: bytes) -> None:
        self.frames += 1
        alarm, status = BASIC.unpack_from(body)[:2]
        for name, word in (("alarm", alarm), ("status", status)):
            for bit, seen in enumerate(self._words[name]):
                seen.see(bool(word >> bit & 1), time_us)
        tail = body[BASIC_BYTES:]
        for span in walk_items(tail):
            if span.size == span.declared:
                item = self._items.setdefault((span.item_id, span.size), _Item())
                item.see(tail[span.at : span.at + span.size], time_us)

    def shown(self) -> dict[str, Any]:
        """Bits that were ever set or moved, and items by id and length; the liveliest first."""
        bits = [
            {"word": name, "bit": bit, "name": _NAMES[name].get(bit), **_bit(seen)}
            for name, word in self._words.items()
            for bit, seen in enumerate(word)
            if seen.set_count
        ]
        items = [_item(key, item) for key, item in self._items.items()]
        return {
            "frames": self.frames,
            "bits": sorted(bits, key=lambda one: -one["changes"]),
            "items": sorted(items, key=lambda one: -one["changes"]),
        }


def _bit(seen: _Bit) -> dict[str, Any]:
    return {
        "set": seen.set_count,
        "changes": seen.changes,
        "now": bool(seen.last),
        "changed_us": seen.times_us,
    }


def _item(key: tuple[int, int], item: _Item) -> dict[str, Any]:
    commonest = sorted(item.values.items(), key=lambda pair: -pair[1])[:MAX_VALUES]
    moving = [{"bit": bit, **_bit(seen)} for bit, seen in item.bits.items() if seen.changes]
    return {
        "item": f"0x{key[0]:02X}",
        "length": key[1],
        "named": key[0] in ITEMS,
        "count": item.count,
        "changes": item.changes,
        "different": len(item.values),
        "last": item.last.hex(),
        "values": [{"hex": value.hex(), "count": count} for value, count in commonest],
        "bits": moving,
    }
