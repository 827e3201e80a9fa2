"""0x8603 delete rectangles; none named: all. JT/T 808-2013 8.38, table 62."""

from __future__ import annotations

from protocols.jt808.message import Message
from protocols.jt808.repeated import Numbers

MESSAGE = Message(0x8603, "delete_rectangles", {"2013": (Numbers("ids", 4),)})
