"""0x9305 the camera's infrared lamp: 0 off, 1 on. JT/T 1078-2016 table 33."""

from __future__ import annotations

from protocols.jt808.fields import Number
from protocols.jt808.message import Message

MESSAGE = Message(
    0x9305, "camera_infrared", {"2013": (Number("channel", 1), Number("flag", 1))}, span="JT/T 1078"
)
