"""Fields that the video messages of JT/T 1078-2016 share."""

from __future__ import annotations

from protocols.jt808.fields import Fields, Number, SizedText
from protocols.jt808.time_fields import Time

SERVER: Fields = (SizedText("server_ip"), Number("tcp_port", 2), Number("udp_port", 2))
# What is looked for or found: alarm64 has the alarm word in its low half, video alarms above.
RECORDING: Fields = (
    Number("channel", 1),
    Time("start"),
    Time("end"),
    Number("alarm64", 8),
    Number("media_type", 1),
    Number("stream_type", 1),
    Number("storage_type", 1),
)
