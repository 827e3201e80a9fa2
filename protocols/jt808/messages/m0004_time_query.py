"""0x0004 terminal asks for the time, empty (2019). JT/T 808-2019."""

from __future__ import annotations

from protocols.jt808.message import Message

MESSAGE = Message(0x0004, "time_query", {"2013": ()}, span="2019")
