"""0x0003 terminal unregisters, empty. JT/T 808-2013 8.7."""

from __future__ import annotations

from protocols.jt808.message import Message

MESSAGE = Message(0x0003, "logout", {"2013": ()})
