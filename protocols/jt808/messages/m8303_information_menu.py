"""0x8303 menu of information services (until 2013). Standard 8.29, table 40."""

from __future__ import annotations

from protocols.jt808.fields import Group, Number, SizedText, When, bytes_left
from protocols.jt808.message import Message

MESSAGE = Message(
    0x8303,
    "information_menu",
    {
        "2013": (
            Number("action", 1),
            When(bytes_left, Group("items", (Number("type", 1), SizedText("name", 2)))),
        )
    },
)
