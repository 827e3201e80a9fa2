"""0x8202 temporary tracking; interval 0 stops it and stands alone. JT/T 808-2013 8.21, table 34."""

from __future__ import annotations

from protocols.jt808.fields import Number, When, bytes_left
from protocols.jt808.message import Message

MESSAGE = Message(
    0x8202,
    "tracking",
    {"2013": (Number("interval_s", 2), When(bytes_left, Number("validity_s", 4)))},
)
