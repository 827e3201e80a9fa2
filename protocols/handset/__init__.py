"""Handset JSON over MQTT and HTTP: our own documented schema, both directions."""

from protocols.handset.messages import (
    Ack,
    Answer,
    CheckIn,
    Fix,
    Fixes,
    Gap,
    Gaps,
    Hello,
    Photo,
    Shift,
    Sos,
    Task,
    Text,
    Track,
    decode_up,
    encode,
    schema,
)
from protocols.handset.protocol import HANDSET, Handset, encode_fixes, encode_track
from protocols.handset.session import HandsetSession

__all__ = [
    "HANDSET",
    "Ack",
    "Answer",
    "CheckIn",
    "Fix",
    "Fixes",
    "Gap",
    "Gaps",
    "Handset",
    "HandsetSession",
    "Hello",
    "Photo",
    "Shift",
    "Sos",
    "Task",
    "Text",
    "Track",
    "decode_up",
    "encode",
    "encode_fixes",
    "encode_track",
    "schema",
]
