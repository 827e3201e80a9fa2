"""0x8301 set the driver's event menu (until 2013). Standard 8.25, table 32."""

from __future__ import annotations

from protocols.jt808.fields import Group, Number, SizedText, When, bytes_left
from protocols.jt808.message import Message

MESSAGE = Message(
    0x8301,
    "events_setting",
    {
        "2013": (
            Number("action", 1),
            When(bytes_left, Group("events", (Number("id", 1), SizedText("text")))),
        )
    },
)
