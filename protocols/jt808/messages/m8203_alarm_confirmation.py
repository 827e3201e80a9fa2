"""0x8203 manual confirmation of an alarm. JT/T 808-2013 8.22, table 35."""

from __future__ import annotations

from protocols.jt808.fields import Number
from protocols.jt808.message import Message

MESSAGE = Message(
    0x8203,
    "alarm_confirmation",
    {
        "2013": (
            Number("alarm_serial", 2),
            Number("alarm_type", 4),
        )
    },
    span="2013-2019",
)
