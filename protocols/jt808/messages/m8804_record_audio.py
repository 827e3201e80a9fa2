"""0x8804 record sound; command 0 stops, duration 0 goes on for ever.
JT/T 808-2013 8.59, table 89."""

from __future__ import annotations

from protocols.jt808.fields import Number
from protocols.jt808.message import Message

MESSAGE = Message(
    0x8804,
    "record_audio",
    {
        "2013": (
            Number("command", 1),
            Number("duration_s", 2),
            Number("save", 1),
            Number("sample_rate", 1),
        )
    },
)
