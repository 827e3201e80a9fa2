"""0x8805 upload one stored medium. JT/T 808-2013 8.60, table 90."""

from __future__ import annotations

from protocols.jt808.fields import Number
from protocols.jt808.message import Message

MESSAGE = Message(
    0x8805, "media_upload_one", {"2013": (Number("media_id", 4), Number("delete", 1))}
)
