"""0x0805 answer to 0x8801. JT/T 808-2013 8.55, table 84.

Result: 0 ok, 1 failed, 2 channel unsupported; the media ids stand there only with 0.
"""

from __future__ import annotations

from protocols.jt808.fields import Number, When, bytes_left
from protocols.jt808.message import Message
from protocols.jt808.repeated import Numbers

MESSAGE = Message(
    0x0805,
    "shoot_answer",
    {
        "2013": (
            Number("ack_serial", 2),
            Number("result", 1),
            When(bytes_left, Numbers("media_ids", 4, 2)),
        )
    },
    span="2013-2019",
)
