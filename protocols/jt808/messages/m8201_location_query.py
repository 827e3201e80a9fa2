"""0x8201 query the location, empty. JT/T 808-2013 8.19."""

from __future__ import annotations

from protocols.jt808.message import Message

MESSAGE = Message(0x8201, "location_query", {"2013": ()})
