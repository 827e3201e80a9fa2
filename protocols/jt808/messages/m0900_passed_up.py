"""0x0900 data passed through to the platform. JT/T 808-2013 8.62, table 92.

Types: 0x00 GNSS detail, 0x0B IC card, 0x41 and 0x42 serial ports, 0xF0 to 0xFF the maker's own;
T/JSATL 12: 0xF7 state and 0xF8 identity of the peripherals.
"""

from __future__ import annotations

from protocols.jt808.fields import Number
from protocols.jt808.message import Message
from protocols.jt808.peripherals import PassedUp

MESSAGE = Message(0x0900, "passed_up", {"2013": (Number("type", 1), PassedUp())})
