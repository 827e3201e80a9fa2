"""0x1FC4 how far an upgrade is; not of the standard, seen in the field."""

from __future__ import annotations

from protocols.jt808.fields import Number
from protocols.jt808.message import Message

MESSAGE = Message(
    0x1FC4,
    "upgrade_progress",
    {
        "2013": (
            Number("ack_serial", 2),
            Number("upgrade_type", 1),
            Number("upgrade_status", 1),
            Number("progress", 1),
            Number("error", 1),
        )
    },
    span="vendor",
)
