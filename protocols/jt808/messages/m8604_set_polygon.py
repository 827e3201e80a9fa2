"""0x8604 set one polygon. Standard 8.43, table 52; 2019 8.36."""

from __future__ import annotations

from protocols.jt808.areas import POLYGON
from protocols.jt808.message import Message

MESSAGE = Message(0x8604, "set_polygon", POLYGON, also=("2019", "2013", "2011"))
