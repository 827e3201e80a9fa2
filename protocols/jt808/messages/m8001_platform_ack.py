"""0x8001 platform general response. JT/T 808-2013 8.2, table 5.

Result: 0 ok, 1 failed, 2 message error, 3 unsupported, 4 alarm confirmed.
"""

from __future__ import annotations

from protocols.jt808.fields import MessageId, Number
from protocols.jt808.message import Message

MESSAGE = Message(
    0x8001,
    "platform_ack",
    {
        "2013": (
            Number("ack_serial", 2),
            MessageId("ack_id"),
            Number("result", 1),
        )
    },
)
