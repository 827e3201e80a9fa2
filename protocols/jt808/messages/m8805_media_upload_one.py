"""0x8805 upload one stored medium. Standard 8.60; 2019 8.59."""

from __future__ import annotations

from protocols.jt808.fields import Number
from protocols.jt808.message import Message

MESSAGE = Message(
    0x8805, "media_upload_one", {"2013": (Number("media_id", 4), Number("delete", 1))}
)
