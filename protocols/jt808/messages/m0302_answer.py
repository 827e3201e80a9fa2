"""0x0302 answer to a question (until 2013). JT/T 808-2013 8.27, table 45."""

from __future__ import annotations

from protocols.jt808.fields import Number
from protocols.jt808.message import Message

MESSAGE = Message(
    0x0302,
    "answer",
    {
        "2013": (
            Number("ack_serial", 2),
            Number("answer_id", 1),
        )
    },
    span="2011-2013",
)
