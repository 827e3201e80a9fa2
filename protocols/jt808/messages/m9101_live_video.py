"""0x9101 send live sound and pictures. JT/T 1078-2016 table 17."""

from __future__ import annotations

from protocols.jt808.fields import Number
from protocols.jt808.message import Message
from protocols.jt808.video import SERVER

MESSAGE = Message(
    0x9101,
    "live_video",
    {"2013": (*SERVER, Number("channel", 1), Number("data_type", 1), Number("stream_type", 1))},
    span="JT/T 1078",
)
