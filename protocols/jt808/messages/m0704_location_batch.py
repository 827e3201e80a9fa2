"""0x0704 batch of locations; type 0 normal, 1 blind area. JT/T 808-2013 8.49, table 76."""

from __future__ import annotations

from protocols.jt808.fields import Number
from protocols.jt808.location import LocationItems
from protocols.jt808.message import Message

MESSAGE = Message(
    0x0704,
    "location_batch",
    {"2013": (Number("count", 2), Number("type", 1), LocationItems("items"))},
    span="2013-2019",
)
