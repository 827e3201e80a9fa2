"""0x0200 location report. JT/T 808-2013 8.18, table 23."""

from __future__ import annotations

from protocols.jt808.location import LOCATION
from protocols.jt808.message import Message

MESSAGE = Message(0x0200, "location", {"2013": (LOCATION,)})
