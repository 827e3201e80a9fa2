"""0x8607 delete routes; none named: all. Standard 8.46; 2019 8.39."""

from __future__ import annotations

from protocols.jt808.message import Message
from protocols.jt808.repeated import Numbers

MESSAGE = Message(0x8607, "delete_routes", {"2013": (Numbers("ids", 4),)})
