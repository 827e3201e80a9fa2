"""0x0005 terminal asks for sub-packages again (2019). JT/T 808-2019."""

from __future__ import annotations

from protocols.jt808.fields import Number
from protocols.jt808.message import Message
from protocols.jt808.repeated import Numbers

MESSAGE = Message(
    0x0005,
    "resend_request_up",
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
    span="2019",
)
