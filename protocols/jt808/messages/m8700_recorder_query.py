"""0x8700 ask the recorder: a command of GB/T 19056. JT/T 808-2013 8.43, table 71."""

from __future__ import annotations

from protocols.jt808.fields import Number, Raw
from protocols.jt808.message import Message

MESSAGE = Message(0x8700, "recorder_query", {"2013": (Number("command", 1), Raw("data"))})
