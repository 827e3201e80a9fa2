"""0x8106 query given parameters. JT/T 808-2013 8.11, table 15."""

from __future__ import annotations

from protocols.jt808.message import Message
from protocols.jt808.repeated import Numbers

MESSAGE = Message(0x8106, "parameters_query_some", {"2013": (Numbers("ids", 4),)}, span="2013-2019")
