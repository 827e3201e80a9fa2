"""0x8701 set the recorder: a frame of GB/T 19056. JT/T 808-2013 8.45, table 73."""

from __future__ import annotations

from protocols.jt808.fields import Number, Raw
from protocols.jt808.message import Message

MESSAGE = Message(0x8701, "recorder_setting", {"2013": (Number("command", 1), Raw("data"))})
