"""0x1211 a file of an alarm is about to be sent. T/JSATL 12-2017 table 4-25.

Type: 0 picture, 1 sound, 2 video, 3 text, 4 other.
"""

from __future__ import annotations

from protocols.jt808.attachments import FILE
from protocols.jt808.message import Message

MESSAGE = Message(0x1211, "attachment_file", {"2013": FILE}, span="T/JSATL 12")
