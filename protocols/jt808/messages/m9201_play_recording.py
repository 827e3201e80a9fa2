"""0x9201 play a recording. JT/T 1078-2016 table 24."""

from __future__ import annotations

from protocols.jt808.fields import Number
from protocols.jt808.message import Message
from protocols.jt808.time_fields import Time
from protocols.jt808.video import SERVER

MESSAGE = Message(
    0x9201,
    "play_recording",
    {
        "2013": (
            *SERVER,
            Number("channel", 1),
            Number("media_type", 1),
            Number("stream_type", 1),
            Number("storage_type", 1),
            Number("playback_mode", 1),
            Number("speed", 1),
            Time("start"),
            Time("end"),
        )
    },
    span="JT/T 1078",
)
