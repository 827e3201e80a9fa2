"""0x8701 set the recorder: a frame of GB/T 19056. Standard 8.49; 2019 8.42."""

from __future__ import annotations

from protocols.jt808.fields import Number, Raw
from protocols.jt808.message import Message

MESSAGE = Message(0x8701, "recorder_setting", {"2013": (Number("command", 1), Raw("data"))})
