"""0x0500 answer to the vehicle control, with the location. JT/T 808-2013 8.34, table 55."""

from __future__ import annotations

from protocols.jt808.fields import Number
from protocols.jt808.location import NestedLocation
from protocols.jt808.message import Message

MESSAGE = Message(
    0x0500, "control_answer", {"2013": (Number("ack_serial", 2), NestedLocation("location"))}
)
