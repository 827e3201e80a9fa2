"""0x8100 answer to the registration. JT/T 808-2013 8.6, table 8.

Result: 0 ok, 1 vehicle already registered, 2 no such vehicle, 3 terminal already registered,
4 no such terminal.
"""

from __future__ import annotations

from protocols.jt808.fields import Number, Text, When, bytes_left
from protocols.jt808.message import Message

MESSAGE = Message(
    0x8100,
    "register_ack",
    {
        "2013": (
            Number("ack_serial", 2),
            Number("result", 1),
            When(bytes_left, Text("token")),
        )
    },
)
