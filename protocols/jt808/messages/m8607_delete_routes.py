"""0x8607 delete routes; none named: all. JT/T 808-2013 8.42, table 70."""

from __future__ import annotations

from protocols.jt808.message import Message
from protocols.jt808.repeated import Numbers

MESSAGE = Message(0x8607, "delete_routes", {"2013": (Numbers("ids", 4),)})
