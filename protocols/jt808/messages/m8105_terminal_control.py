"""0x8105 terminal control. JT/T 808-2013 8.13, table 17."""

from __future__ import annotations

from protocols.jt808.fields import Number, Text, When, bytes_left
from protocols.jt808.message import Message

MESSAGE = Message(
    0x8105,
    "terminal_control",
    {
        "2013": (
            Number("command", 1),
            When(bytes_left, Text("params")),
        )
    },
)
