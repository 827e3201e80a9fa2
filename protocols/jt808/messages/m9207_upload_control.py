"""0x9207 control an upload: 0 pause, 1 go on, 2 cancel. JT/T 1078-2016 table 28."""

from __future__ import annotations

from protocols.jt808.fields import Number
from protocols.jt808.message import Message

MESSAGE = Message(
    0x9207,
    "upload_control",
    {"2013": (Number("ack_serial", 2), Number("control", 1))},
    span="JT/T 1078",
)
