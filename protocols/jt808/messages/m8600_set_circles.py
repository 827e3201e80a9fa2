"""0x8600 set circles: action 0 update, 1 append, 2 modify. JT/T 808-2013 8.35, table 56."""

from __future__ import annotations

from protocols.jt808.areas import CIRCLE, setting
from protocols.jt808.message import Message

MESSAGE = Message(0x8600, "set_circles", setting(CIRCLE), also=("2019", "2013", "2011"))
