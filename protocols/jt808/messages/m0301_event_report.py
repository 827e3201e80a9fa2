"""0x0301 the driver chose an event (until 2013). JT/T 808-2013 8.25, table 41."""

from __future__ import annotations

from protocols.jt808.fields import Number
from protocols.jt808.message import Message

MESSAGE = Message(0x0301, "event_report", {"2013": (Number("event_id", 1),)}, span="2011-2013")
