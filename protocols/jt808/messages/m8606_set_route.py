"""0x8606 set one route; a segment runs from its point to the next. JT/T 808-2013 8.41, table 66."""

from __future__ import annotations

from protocols.jt808.areas import ROUTE
from protocols.jt808.message import Message

MESSAGE = Message(0x8606, "set_route", ROUTE, also=("2019", "2013", "2011"))
