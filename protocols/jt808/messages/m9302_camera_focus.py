"""0x9302 the camera's focus: 0 longer, 1 shorter. JT/T 1078-2016 table 30."""

from __future__ import annotations

from protocols.jt808.fields import Number
from protocols.jt808.message import Message

MESSAGE = Message(
    0x9302, "camera_focus", {"2013": (Number("channel", 1), Number("flag", 1))}, span="JT/T 1078"
)
