"""0x9202 control what is played. JT/T 1078-2016 table 25."""

from __future__ import annotations

from protocols.jt808.fields import Number
from protocols.jt808.message import Message
from protocols.jt808.time_fields import Time

MESSAGE = Message(
    0x9202,
    "play_control",
    {"2013": (Number("channel", 1), Number("control", 1), Number("speed", 1), Time("position"))},
    span="JT/T 1078",
)
