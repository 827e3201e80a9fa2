"""0x8104 query all parameters, empty. JT/T 808-2013 8.10."""

from __future__ import annotations

from protocols.jt808.message import Message

MESSAGE = Message(0x8104, "parameters_query", {"2013": ()})
