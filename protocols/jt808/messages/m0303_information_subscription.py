"""0x0303 subscribe or cancel information (until 2013). JT/T 808-2013 8.29, table 48."""

from __future__ import annotations

from protocols.jt808.fields import Number
from protocols.jt808.message import Message

MESSAGE = Message(
    0x0303,
    "information_subscription",
    {
        "2013": (
            Number("type", 1),
            Number("flag", 1),
        )
    },
    span="2011-2013",
)
