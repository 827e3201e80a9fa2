"""0x8004 server time in UTC (2019). JT/T 808-2019."""

from __future__ import annotations

from protocols.jt808.message import Message
from protocols.jt808.time_fields import Time

MESSAGE = Message(0x8004, "server_time", {"2013": (Time("time"),)}, span="2019")
