"""Handset JSON over MQTT: our own documented schema, both directions."""

from protocols.handset.messages import (
    Ack,
    Answer,
    Fix,
    Fixes,
    Hello,
    Shift,
    Task,
    Text,
    decode_up,
    encode,
    schema,
)
from protocols.handset.protocol import HANDSET, Handset, encode_fixes
from protocols.handset.session import HandsetSession

__all__ = [
    "HANDSET",
    "Ack",
    "Answer",
    "Fix",
    "Fixes",
    "Handset",
    "HandsetSession",
    "Hello",
    "Shift",
    "Task",
    "Text",
    "decode_up",
    "encode",
    "encode_fixes",
    "schema",
]
