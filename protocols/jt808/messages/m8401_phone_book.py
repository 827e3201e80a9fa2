"""0x8401 set the phone book. Standard 8.33, table 46."""

from __future__ import annotations

from protocols.jt808.fields import Group, Number, SizedText, When, bytes_left
from protocols.jt808.message import Message

MESSAGE = Message(
    0x8401,
    "phone_book",
    {
        "2013": (
            Number("action", 1),
            When(
                bytes_left,
                Group("contacts", (Number("flag", 1), SizedText("number"), SizedText("name"))),
            ),
        )
    },
)
