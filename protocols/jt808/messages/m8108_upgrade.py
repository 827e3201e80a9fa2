"""0x8108 upgrade package. JT/T 808-2013 8.16, table 21."""

from __future__ import annotations

from protocols.jt808.fields import Number, Raw, SizedText, Text
from protocols.jt808.message import Message

MESSAGE = Message(
    0x8108,
    "upgrade",
    {
        "2013": (
            Number("type", 1),
            Text("maker_id", 5),
            SizedText("version"),
            Number("length", 4),
            Raw("data"),
        )
    },
    span="2013-2019",
)
