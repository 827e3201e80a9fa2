"""0x8003 platform asks for sub-packages again. JT/T 808-2013 8.4, table 6."""

from __future__ import annotations

from protocols.jt808.fields import Number
from protocols.jt808.message import Message
from protocols.jt808.repeated import Numbers

MESSAGE = Message(
    0x8003,
    "resend_request",
    {
        "2013": (
            Number("original_serial", 2),
            Numbers("package_ids", 2),
        ),
        "2019": (
            Number("original_serial", 2),
            Numbers("package_ids", 2, 2),
        ),
    },
    span="2013-2019",
)
