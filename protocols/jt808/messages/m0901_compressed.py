"""0x0901 a message compressed with GZIP. JT/T 808-2013 8.63, table 94."""

from __future__ import annotations

from protocols.jt808.fields import Number, Raw
from protocols.jt808.message import Message

MESSAGE = Message(0x0901, "compressed", {"2013": (Number("length", 4), Raw("data"))})
