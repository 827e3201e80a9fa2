"""0x0701 electronic waybill: its length, then what the carrier agreed on. Standard 8.44."""

from __future__ import annotations

from protocols.jt808.fields import Number, Raw
from protocols.jt808.message import Message

MESSAGE = Message(0x0701, "waybill", {"2013": (Number("length", 4), Raw("data"))})
