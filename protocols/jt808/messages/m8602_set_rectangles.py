"""0x8602 set rectangles: action 0 update, 1 append, 2 modify. JT/T 808-2013 8.37, table 60."""

from __future__ import annotations

from protocols.jt808.areas import RECTANGLE, setting
from protocols.jt808.message import Message

MESSAGE = Message(0x8602, "set_rectangles", setting(RECTANGLE), also=("2019", "2013", "2011"))
