"""0x0705 frames of the CAN bus. JT/T 808-2013 8.50, table 78.

0 count WORD | 2 time of the first BCD[5] hhmmss and milliseconds | 7 {id DWORD, data BYTE[8]}.
Bits of an id: 31 channel, 30 extended frame, 29 averaged, 28-0 the id itself.
"""

from __future__ import annotations

from dataclasses import dataclass

from protocols.jt808.fields import Digits, Reader, Values, pack_number
from protocols.jt808.message import Message

_ID_MASK = (1 << 29) - 1
_ITEM_BYTES = 12


@dataclass(frozen=True, slots=True)
class _CanFrames:
    """The whole body."""

    name: str = "items"

    def read(self, reader: Reader, values: Values) -> None:
        values["count"] = int.from_bytes(reader.take(2, "count"), "big")
        reader.note(reader.at - 2, "count", values["count"])
        _TIME.read(reader, values)
        start = reader.at
        raw = reader.take(values["count"] * _ITEM_BYTES, self.name)
        cuts = range(0, len(raw), _ITEM_BYTES)
        values[self.name] = [_frame(raw[at : at + _ITEM_BYTES]) for at in cuts]
        reader.note(start, self.name, values[self.name])

    def write(self, values: Values, version: str) -> bytes:
        items = values[self.name]
        head = pack_number(len(items), 2, "count") + _TIME.write(values, version)
        return head + b"".join(_packed(item) for item in items)


_TIME = Digits("time", 5)


def _frame(raw: bytes) -> Values:
    head = int.from_bytes(raw[:4], "big")
    return {
        "can_channel": head >> 31,
        "frame_type": head >> 30 & 1,
        "collect_mode": head >> 29 & 1,
        "can_id": head & _ID_MASK,
        "data": raw[4:].hex(),
    }


def _packed(item: Values) -> bytes:
    flags = item["can_channel"] << 31 | item["frame_type"] << 30 | item["collect_mode"] << 29
    return pack_number(flags | item["can_id"], 4, "can_id") + bytes.fromhex(item["data"])


MESSAGE = Message(0x0705, "can_data", {"2013": (_CanFrames(),)}, span="2013-2019")
