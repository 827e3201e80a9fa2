"""0x8803 upload what is stored. JT/T 808-2013 8.58, table 88."""

from __future__ import annotations

from protocols.jt808.fields import Number
from protocols.jt808.media import SEARCH
from protocols.jt808.message import Message

MESSAGE = Message(0x8803, "media_upload", {"2013": (*SEARCH, Number("delete", 1))})
