"""0x9212 answer to 0x1212: 0 whole, 1 these ranges are missing. T/JSATL 12-2017 table 4-28."""

from __future__ import annotations

from protocols.jt808.fields import Number, SizedText
from protocols.jt808.message import Message
from protocols.jt808.repeated import Group

MESSAGE = Message(
    0x9212,
    "attachment_received",
    {
        "2013": (
            SizedText("file_name"),
            Number("file_type", 1),
            Number("result", 1),
            Group("packets", (Number("offset", 4), Number("length", 4))),
        )
    },
    span="T/JSATL 12",
)
