"""0x9102 control what is sent live: 0 close, 1 switch, 2 pause, 3 go on.
JT/T 1078-2016 table 18."""

from __future__ import annotations

from protocols.jt808.fields import Number
from protocols.jt808.message import Message

MESSAGE = Message(
    0x9102,
    "live_control",
    {
        "2013": (
            Number("channel", 1),
            Number("command", 1),
            Number("close_type", 1),
            Number("stream_type", 1),
        )
    },
    span="JT/T 1078",
)
