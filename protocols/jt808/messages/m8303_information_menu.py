"""0x8303 menu of information services (until 2013). JT/T 808-2013 8.28, table 46."""

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
