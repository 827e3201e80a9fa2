"""0x9206 upload recordings by FTP. JT/T 1078-2016 table 26."""

from __future__ import annotations

from protocols.jt808.fields import Number, SizedText
from protocols.jt808.message import Message
from protocols.jt808.video import RECORDING

MESSAGE = Message(
    0x9206,
    "recording_upload",
    {
        "2013": (
            SizedText("server_ip"),
            Number("port", 2),
            SizedText("user"),
            SizedText("password"),
            SizedText("path"),
            *RECORDING,
            Number("exec_condition", 1),
        )
    },
    span="JT/T 1078",
)
