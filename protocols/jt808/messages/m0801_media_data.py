"""0x0801 a photo, sound or video itself, mostly in sub-packages. JT/T 808-2013 8.52, table 81.

0 media id DWORD | 4 type | 5 format | 6 event | 7 channel BYTE | 8 location BYTE[28] | 36 data.
2011 has no location.
"""

from __future__ import annotations

from protocols.jt808.location import BasicLocation
from protocols.jt808.media import FILE_HEADS, MEDIA, MEDIA_BYTES, Data
from protocols.jt808.message import Message


def _edition(body: bytes, version: str) -> str:
    """The header cannot tell 2011: a file that begins where the location would stand does."""
    return "2011" if body[MEDIA_BYTES:].startswith(FILE_HEADS) else version


MESSAGE = Message(
    0x0801,
    "media_data",
    {"2013": (*MEDIA, BasicLocation("location"), Data()), "2011": (*MEDIA, Data())},
    _edition,
)
