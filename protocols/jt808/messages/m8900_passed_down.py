"""0x8900 data passed through to the terminal. JT/T 808-2013 8.61, table 91."""

from __future__ import annotations

from protocols.jt808.fields import Number, Raw
from protocols.jt808.message import Message

MESSAGE = Message(0x8900, "passed_down", {"2013": (Number("type", 1), Raw("data"))})
