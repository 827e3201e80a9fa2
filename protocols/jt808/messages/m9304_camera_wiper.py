"""0x9304 the camera's wiper: 0 off, 1 on. JT/T 1078-2016 table 32."""

from __future__ import annotations

from protocols.jt808.fields import Number
from protocols.jt808.message import Message

MESSAGE = Message(
    0x9304, "camera_wiper", {"2013": (Number("channel", 1), Number("flag", 1))}, span="JT/T 1078"
)
