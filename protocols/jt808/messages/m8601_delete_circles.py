"""0x8601 delete circles; none named: all. JT/T 808-2013 8.36, table 59."""

from __future__ import annotations

from protocols.jt808.message import Message
from protocols.jt808.repeated import Numbers

MESSAGE = Message(0x8601, "delete_circles", {"2013": (Numbers("ids", 4),)})
