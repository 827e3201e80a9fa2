"""0x1205 recordings that the terminal has, answer to 0x9205. JT/T 1078-2016 table 22."""

from __future__ import annotations

from protocols.jt808.fields import Number
from protocols.jt808.message import Message
from protocols.jt808.repeated import Group
from protocols.jt808.video import RECORDING

MESSAGE = Message(
    0x1205,
    "recordings",
    {"2013": (Number("ack_serial", 2), Group("items", (*RECORDING, Number("size", 4)), 4))},
    span="JT/T 1078",
)
