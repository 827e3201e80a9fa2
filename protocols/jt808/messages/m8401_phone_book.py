"""0x8401 set the phone book. JT/T 808-2013 8.32, table 51."""

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
