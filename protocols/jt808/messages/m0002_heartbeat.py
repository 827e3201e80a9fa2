"""0x0002 terminal heartbeat, empty; some terminals send a body. JT/T 808-2013 8.3."""

from __future__ import annotations

from protocols.jt808.message import Message

MESSAGE = Message(0x0002, "heartbeat", {"2013": ()})
