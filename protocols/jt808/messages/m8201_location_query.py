"""0x8201 query the location, empty. Standard 8.19."""

from __future__ import annotations

from protocols.jt808.message import Message

MESSAGE = Message(0x8201, "location_query", {"2013": ()})
