"""0x9303 the camera's iris: 0 wider, 1 narrower. JT/T 1078-2016 table 31."""

from __future__ import annotations

from protocols.jt808.fields import Number
from protocols.jt808.message import Message

MESSAGE = Message(
    0x9303, "camera_iris", {"2013": (Number("channel", 1), Number("flag", 1))}, span="JT/T 1078"
)
