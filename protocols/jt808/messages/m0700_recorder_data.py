"""0x0700 what the recorder holds, answer to 0x8700: a frame of GB/T 19056.
JT/T 808-2013 8.44, table 72."""

from __future__ import annotations

from protocols.jt808.fields import Number
from protocols.jt808.message import Message
from protocols.jt808.recorder import Block

MESSAGE = Message(
    0x0700, "recorder_data", {"2013": (Number("ack_serial", 2), Number("command", 1), Block())}
)
