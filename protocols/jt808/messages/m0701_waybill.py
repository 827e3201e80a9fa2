"""0x0701 electronic waybill: its length, then what the carrier agreed on.
JT/T 808-2013 8.46, table 74."""

from __future__ import annotations

from protocols.jt808.fields import Number, Raw
from protocols.jt808.message import Message

MESSAGE = Message(0x0701, "waybill", {"2013": (Number("length", 4), Raw("data"))})
