"""0x8300 text to the driver. JT/T 808-2013 8.23, table 37.

Flags: bit 0 emergency (2019 bits 0-1: 1 service, 2 emergency, 3 notice), 2 display, 3 TTS.
"""

from __future__ import annotations

from protocols.jt808.fields import Number, Text
from protocols.jt808.message import Message

MESSAGE = Message(
    0x8300,
    "text",
    {
        "2013": (
            Number("flags", 1),
            Text("text"),
        ),
        "2019": (
            Number("flags", 1),
            Number("text_type", 1),
            Text("text"),
        ),
    },
)
