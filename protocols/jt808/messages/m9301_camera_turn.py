"""0x9301 turn the camera: 0 stop, 1 up, 2 down, 3 left, 4 right. JT/T 1078-2016 table 29."""

from __future__ import annotations

from protocols.jt808.fields import Number
from protocols.jt808.message import Message

MESSAGE = Message(
    0x9301,
    "camera_turn",
    {"2013": (Number("channel", 1), Number("direction", 1), Number("speed", 1))},
    span="JT/T 1078",
)
