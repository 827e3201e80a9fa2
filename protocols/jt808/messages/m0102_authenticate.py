"""0x0102 authentication. JT/T 808-2013 8.8, table 9."""

from __future__ import annotations

from protocols.jt808.fields import SizedText, Text, When, bytes_left
from protocols.jt808.message import Message

_IMEI_BYTES, _VERSION_BYTES = 15, 20


def _edition(body: bytes, version: str) -> str:
    """A 2019 header before a plain code is a 2013 body."""
    sized = len(body) > 0 and len(body) >= 1 + body[0] + _IMEI_BYTES
    return version if version != "2019" or sized else "2013"


MESSAGE = Message(
    0x0102,
    "authenticate",
    {
        "2013": (Text("token"),),
        "2019": (
            SizedText("token"),
            Text("imei", _IMEI_BYTES),
            When(bytes_left, Text("software_version", _VERSION_BYTES)),
        ),
    },
    _edition,
)
