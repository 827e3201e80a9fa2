"""0x8605 delete polygons; none named: all. Standard 8.44; 2019 8.37."""

from __future__ import annotations

from protocols.jt808.message import Message
from protocols.jt808.repeated import Numbers

MESSAGE = Message(0x8605, "delete_polygons", {"2013": (Numbers("ids", 4),)})
