"""0x1212 a file of an alarm has been sent. T/JSATL 12-2017 table 4-27."""

from __future__ import annotations

from protocols.jt808.attachments import FILE
from protocols.jt808.message import Message

MESSAGE = Message(0x1212, "attachment_sent", {"2013": FILE}, span="T/JSATL 12")
