"""0x8304 information service (until 2013). JT/T 808-2013 8.30, table 49."""

from __future__ import annotations

from protocols.jt808.fields import Number, SizedText
from protocols.jt808.message import Message

MESSAGE = Message(
    0x8304,
    "information",
    {
        "2013": (
            Number("type", 1),
            SizedText("text", 2),
        )
    },
    span="2011-2013",
)
