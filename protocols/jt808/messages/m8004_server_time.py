"""0x8004 server time in UTC (2019). Standard 2019, 8.5."""

from __future__ import annotations

from protocols.jt808.fields import Time
from protocols.jt808.message import Message

MESSAGE = Message(0x8004, "server_time", {"2013": (Time("time"),)})
