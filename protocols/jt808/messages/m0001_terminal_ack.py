"""0x0001 terminal general response. JT/T 808-2013 8.1, table 4."""

from __future__ import annotations

from protocols.jt808.fields import MessageId, Number
from protocols.jt808.message import Message

MESSAGE = Message(
    0x0001,
    "terminal_ack",
    {
        "2013": (
            Number("ack_serial", 2),
            MessageId("ack_id"),
            Number("result", 1),
        )
    },
)
