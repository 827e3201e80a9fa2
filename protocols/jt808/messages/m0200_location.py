"""0x0200 location report. Standard 8.18, tables 23 to 28."""

from __future__ import annotations

from protocols.jt808.location import LOCATION
from protocols.jt808.message import Message

MESSAGE = Message(0x0200, "location", {"2013": (LOCATION,)})
