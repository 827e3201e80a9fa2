"""0x9003 ask what sound and pictures the terminal can, empty. JT/T 1078-2016 5.4.1."""

from __future__ import annotations

from protocols.jt808.message import Message

MESSAGE = Message(0x9003, "video_attributes_query", {"2013": ()}, span="JT/T 1078")
