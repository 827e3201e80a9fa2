"""0x8400 call back: flag 0 call, 1 listen. JT/T 808-2013 8.31, table 50."""

from __future__ import annotations

from protocols.jt808.fields import Number, Text
from protocols.jt808.message import Message

MESSAGE = Message(
    0x8400,
    "call_back",
    {
        "2013": (
            Number("flag", 1),
            Text("number"),
        )
    },
)
