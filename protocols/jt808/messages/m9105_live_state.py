"""0x9105 how the live stream arrives. JT/T 1078-2016 table 20."""

from __future__ import annotations

from protocols.jt808.fields import Number
from protocols.jt808.message import Message

MESSAGE = Message(
    0x9105, "live_state", {"2013": (Number("channel", 1), Number("loss_rate", 1))}, span="JT/T 1078"
)
