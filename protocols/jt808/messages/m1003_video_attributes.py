"""0x1003 what sound and pictures the terminal can, answer to 0x9003. JT/T 1078-2016 table 11."""

from __future__ import annotations

from protocols.jt808.fields import Number
from protocols.jt808.message import Message

MESSAGE = Message(
    0x1003,
    "video_attributes",
    {
        "2013": (
            Number("audio_in_codec", 1),
            Number("audio_channels", 1),
            Number("audio_sample_rate", 1),
            Number("audio_bits", 1),
            Number("audio_frame_length", 2),
            Number("audio_out_supported", 1),
            Number("video_codec", 1),
            Number("max_audio_channels", 1),
            Number("max_video_channels", 1),
        )
    },
    span="JT/T 1078",
)
