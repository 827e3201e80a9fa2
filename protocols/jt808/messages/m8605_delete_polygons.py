"""0x8605 delete polygons; none named: all. JT/T 808-2013 8.40, table 65."""

from __future__ import annotations

from protocols.jt808.message import Message
from protocols.jt808.repeated import Numbers

MESSAGE = Message(0x8605, "delete_polygons", {"2013": (Numbers("ids", 4),)})
