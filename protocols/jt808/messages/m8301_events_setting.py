"""0x8301 set the driver's event menu (until 2013). JT/T 808-2013 8.24, table 39."""

from __future__ import annotations

from protocols.jt808.fields import Number, SizedText
from protocols.jt808.message import Message
from protocols.jt808.repeated import changing

MESSAGE = Message(
    0x8301,
    "events_setting",
    changing("events", (Number("id", 1), SizedText("text"))),
    also=("2011",),
    span="2011-2013",
)
