"""0x9306 the camera's zoom: 0 nearer, 1 farther. JT/T 1078-2016 table 34."""

from __future__ import annotations

from protocols.jt808.fields import Number
from protocols.jt808.message import Message

MESSAGE = Message(
    0x9306, "camera_zoom", {"2013": (Number("channel", 1), Number("flag", 1))}, span="JT/T 1078"
)
