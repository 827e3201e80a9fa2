"""0x8204 link test, empty (2019). JT/T 808-2019."""

from __future__ import annotations

from protocols.jt808.message import Message

MESSAGE = Message(0x8204, "link_test", {"2013": ()}, span="2019")
