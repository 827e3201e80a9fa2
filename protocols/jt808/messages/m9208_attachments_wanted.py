"""0x9208 upload the files of an alarm to this server. T/JSATL 12-2017 table 4-21.

The alarm is named as the terminal named it, byte for byte, and by a number of ours.
"""

from __future__ import annotations

from protocols.jt808.alarm_ident import AlarmIdent
from protocols.jt808.fields import Raw, Text
from protocols.jt808.message import Message
from protocols.jt808.video import SERVER

MESSAGE = Message(
    0x9208,
    "attachments_wanted",
    {"2013": (*SERVER, AlarmIdent(after=48), Text("alarm_number", 32), Raw("reserved", 16))},
    span="T/JSATL 12",
)
