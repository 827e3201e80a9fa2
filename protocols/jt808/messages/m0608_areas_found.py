"""0x0608 areas or routes as they are set, answer to 0x8608 (2019). JT/T 808-2019.

Each in the form of its setting message. Circles and rectangles come with or without the action
and count of that message: whichever closes.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from protocols.contract import ProtocolError
from protocols.jt808.areas import CIRCLE, POLYGON, RECTANGLE, ROUTE, setting
from protocols.jt808.fields import (
    Fields,
    Number,
    Reader,
    Values,
    pack_number,
    read_fields,
    write_fields,
)
from protocols.jt808.message import Message
from protocols.jt808.repeated import Numbers

_IDS = Numbers("ids", 4, 4)
# By query type: the forms that an item may have.
_FORMS: dict[int, tuple[Fields, ...]] = {
    1: (setting(CIRCLE)["2019"], CIRCLE["2019"]),
    2: (setting(RECTANGLE)["2019"], RECTANGLE["2019"]),
    3: (POLYGON["2019"],),
    4: (ROUTE["2019"],),
}


@dataclass(frozen=True, slots=True)
class _Found:
    """Count DWORD and the items; another type of query than 1 to 4 is answered by ids."""

    name: str = "items"

    def read(self, reader: Reader, values: Values) -> None:
        forms = _FORMS.get(values["query_type"])
        if forms is None:
            _IDS.read(reader, values)
            return
        start = reader.at
        count = values["count"] = int.from_bytes(reader.take(4, "count"), "big")
        reader.note(start, "count", count)
        for form in forms:
            trial = Reader(reader.body, reader.version, reader.base)
            trial.at = reader.at
            with suppress(ProtocolError):
                values[self.name] = [read_fields(form, trial) for _ in range(count)]
                if not trial.left:
                    break
        else:  # none closes: the last one, with its own complaint
            trial.at, trial.pieces = reader.at, []
            values[self.name] = [read_fields(forms[-1], trial) for _ in range(count)]
        reader.at = trial.at
        reader.absorb(trial)

    def write(self, values: Values, version: str) -> bytes:
        forms = _FORMS.get(values["query_type"])
        if forms is None:
            return _IDS.write(values, version)
        items = values[self.name]
        parts = [write_fields(forms[0 if "areas" in i else -1], i, version) for i in items]
        return pack_number(len(items), 4, "count") + b"".join(parts)


MESSAGE = Message(0x0608, "areas_found", {"2013": (Number("query_type", 1), _Found())}, span="2019")
