"""Active-safety alarms in a location, and asking for their files. T/JSATL 12-2017 4.5.

The alarm is named again byte for byte, and by a number of ours that nobody can guess: the code that
the directory issues for it. The same number ties its files to it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from protocols.contract import Directory
from protocols.jt808.fields import Values, write_fields
from protocols.jt808.items import ITEMS, decode_item, walk_items
from protocols.jt808.location import BASIC_BYTES
from protocols.jt808.video import SERVER

ATTACHMENTS_WANTED = 0x9208
# Items that are alarms, and where their identification stands.
IDENT_AT = {0x64: 31, 0x65: 31, 0x66: 24, 0x67: 25, 0x70: 31}
SHORTEST_FRAME_BYTES = 12 + BASIC_BYTES + 2 + 41 + 1  # a location with the shortest alarm item
NUMBER_DIGITS = 13  # hexadecimal: 52 bits, so that a page counts them exactly too
_NUMBER_BYTES, _RESERVED_BYTES = 32, 16


@dataclass(frozen=True, slots=True)
class SafetyAlarm:
    """One alarm; `ident` as its terminal says it, `values` by field."""

    kind: str
    ident: bytes
    values: Values

    @property
    def attachments(self) -> int:
        return int(self.values["alarm_ident"]["attachment_count"])


def safety_alarms(tail: bytes, version: str) -> list[SafetyAlarm]:
    """The alarms among the items of a location."""
    found = []
    for span in walk_items(tail):
        if span.item_id in IDENT_AT and span.size == span.declared:
            value = tail[span.at : span.at + span.size]
            kind = ITEMS[span.item_id].nest or ""
            fields = decode_item(span.item_id, value, version).get(kind)
            if fields is not None:
                at = IDENT_AT[span.item_id]
                ident = value[at : at + fields["alarm_ident"]["length"]]
                found.append(SafetyAlarm(kind, ident, fields))
    return found


def alarm_number(directory: Directory, identity: str, ident: bytes) -> str:
    """Our number of an alarm, hexadecimal."""
    code = directory.issue_code(f"{identity}/{ident.hex()}")
    return hashlib.sha256(code.encode()).hexdigest()[:NUMBER_DIGITS]


def files_wanted(server: tuple[str, int], ident: bytes, number: str) -> bytes:
    """A body of 0x9208."""
    host, port = server
    where: dict[str, Any] = {"server_ip": host, "tcp_port": port, "udp_port": 0}
    head = write_fields(SERVER, where, "2013") + ident
    return head + number.encode().ljust(_NUMBER_BYTES, b"\0") + bytes(_RESERVED_BYTES)
