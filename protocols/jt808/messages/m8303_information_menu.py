"""0x8303 menu of information services (until 2013). Standard 8.29, table 40."""

from __future__ import annotations

from protocols.jt808.fields import Number, SizedText
from protocols.jt808.message import Message
from protocols.jt808.repeated import changing

MESSAGE = Message(
    0x8303,
    "information_menu",
    changing("items", (Number("type", 1), SizedText("name", 2))),
    also=("2011",),
    span="2011-2013",
)
