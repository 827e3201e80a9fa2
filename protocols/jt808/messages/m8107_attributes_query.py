"""0x8107 query terminal attributes, empty. JT/T 808-2013 8.14."""

from __future__ import annotations

from protocols.jt808.message import Message

MESSAGE = Message(0x8107, "attributes_query", {"2013": ()}, span="2013-2019")
