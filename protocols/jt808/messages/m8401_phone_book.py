"""0x8401 set the phone book. Standard 8.33, table 46."""

from __future__ import annotations

from protocols.jt808.fields import Number, SizedText
from protocols.jt808.message import Message
from protocols.jt808.repeated import changing

MESSAGE = Message(
    0x8401,
    "phone_book",
    changing("contacts", (Number("flag", 1), SizedText("number"), SizedText("name"))),
    also=("2011",),
)
