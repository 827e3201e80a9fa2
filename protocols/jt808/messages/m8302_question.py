"""0x8302 question to the driver (until 2013). JT/T 808-2013 8.26, table 42."""

from __future__ import annotations

from protocols.jt808.fields import Number, SizedText
from protocols.jt808.message import Message
from protocols.jt808.repeated import Group

MESSAGE = Message(
    0x8302,
    "question",
    {
        "2013": (
            Number("flags", 1),
            SizedText("question"),
            Group("answers", (Number("id", 1), SizedText("text", 2)), 0),
        )
    },
    span="2011-2013",
)
