"""0x0108 result of an upgrade. JT/T 808-2013 8.17, table 22."""

from __future__ import annotations

from protocols.jt808.fields import Number
from protocols.jt808.message import Message

MESSAGE = Message(
    0x0108,
    "upgrade_result",
    {
        "2013": (
            Number("type", 1),
            Number("result", 1),
        )
    },
    span="2013-2019",
)
