"""0x8800 answer to 0x0801; packages to send again if any are missing.
JT/T 808-2013 8.53, table 82."""

from __future__ import annotations

from protocols.jt808.fields import Number, When, bytes_left
from protocols.jt808.message import Message
from protocols.jt808.repeated import Numbers

MESSAGE = Message(
    0x8800,
    "media_ack",
    {"2013": (Number("media_id", 4), When(bytes_left, Numbers("retransmit", 2)))},
)
