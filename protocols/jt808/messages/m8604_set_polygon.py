"""0x8604 set one polygon. JT/T 808-2013 8.39, table 63."""

from __future__ import annotations

from protocols.jt808.areas import POLYGON
from protocols.jt808.message import Message

MESSAGE = Message(0x8604, "set_polygon", POLYGON, also=("2019", "2013", "2011"))
