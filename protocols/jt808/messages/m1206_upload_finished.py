"""0x1206 the upload of 0x9206 has ended: 0 done, 1 failed. JT/T 1078-2016 table 27."""

from __future__ import annotations

from protocols.jt808.fields import Number
from protocols.jt808.message import Message

MESSAGE = Message(
    0x1206,
    "upload_finished",
    {"2013": (Number("ack_serial", 2), Number("result", 1))},
    span="JT/T 1078",
)
