"""0x0800 a photo, sound or video was made. Standard 8.51; 2019 8.50."""

from __future__ import annotations

from protocols.jt808.media import MEDIA
from protocols.jt808.message import Message

MESSAGE = Message(0x0800, "media_event", {"2013": MEDIA})
