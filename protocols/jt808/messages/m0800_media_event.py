"""0x0800 a photo, sound or video was made. JT/T 808-2013 8.51, table 80."""

from __future__ import annotations

from protocols.jt808.media import MEDIA
from protocols.jt808.message import Message

MESSAGE = Message(0x0800, "media_event", {"2013": MEDIA})
