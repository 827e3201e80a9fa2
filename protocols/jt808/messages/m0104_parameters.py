"""0x0104 answer with parameters. JT/T 808-2013 8.12, table 16."""

from __future__ import annotations

from protocols.jt808.fields import Number
from protocols.jt808.message import Message
from protocols.jt808.parameters import PARAMETERS

MESSAGE = Message(0x0104, "parameters", {"2013": (Number("ack_serial", 2), PARAMETERS)})
