"""0x1005 passengers who got on and off. JT/T 1078-2016 table 16."""

from __future__ import annotations

from protocols.jt808.fields import Number
from protocols.jt808.message import Message
from protocols.jt808.time_fields import Time

MESSAGE = Message(
    0x1005,
    "passenger_flow",
    {"2013": (Time("start"), Time("end"), Number("boarding", 2), Number("alighting", 2))},
    span="JT/T 1078",
)
