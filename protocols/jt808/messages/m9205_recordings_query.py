"""0x9205 ask for recordings; answered by 0x1205. JT/T 1078-2016 table 21."""

from __future__ import annotations

from protocols.jt808.message import Message
from protocols.jt808.video import RECORDING

MESSAGE = Message(0x9205, "recordings_query", {"2013": RECORDING}, span="JT/T 1078")
