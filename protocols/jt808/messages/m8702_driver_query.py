"""0x8702 ask who drives, empty; answered by 0x0702. JT/T 808-2013 8.47."""

from __future__ import annotations

from protocols.jt808.message import Message

MESSAGE = Message(0x8702, "driver_query", {"2013": ()}, span="2013-2019")
