"""0x0800 a photo, sound or video was made. Standard 8.52, table 80; 2019 8.53, table 81."""

from __future__ import annotations

from protocols.jt808.media import MEDIA
from protocols.jt808.message import Message

MESSAGE = Message(0x0800, "media_event", {"2013": MEDIA})
