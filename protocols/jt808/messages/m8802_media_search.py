"""0x8802 ask what the terminal has stored; channel 0 is all. JT/T 808-2013 8.56, table 85."""

from __future__ import annotations

from protocols.jt808.media import SEARCH
from protocols.jt808.message import Message

MESSAGE = Message(0x8802, "media_search", {"2013": SEARCH})
