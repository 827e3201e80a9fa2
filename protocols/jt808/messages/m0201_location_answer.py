"""0x0201 answer to the location query. JT/T 808-2013 8.20, table 33."""

from __future__ import annotations

from protocols.jt808.fields import Number
from protocols.jt808.location import BASIC_BYTES, NestedLocation
from protocols.jt808.message import Message

_LOCATION = NestedLocation("location")


def _edition(body: bytes, version: str) -> str:
    """2011 has no serial before the location; only a bare location tells."""
    return "2011" if len(body) == BASIC_BYTES else version


MESSAGE = Message(
    0x0201,
    "location_answer",
    {"2013": (Number("ack_serial", 2), _LOCATION), "2011": (_LOCATION,)},
    _edition,
)
