"""0x8801 take photos or record. JT/T 808-2013 8.54, table 83.

Command: 0 stop, 0xFFFF record, else how many photos. Resolution: 1 320x240, 2 640x480, 3 800x600,
4 1024x768, 5 QCIF, 6 CIF, 7 half D1, 8 D1. Save: 0 upload, 1 keep.
"""

from __future__ import annotations

from protocols.jt808.fields import Number
from protocols.jt808.message import Message

MESSAGE = Message(
    0x8801,
    "shoot",
    {
        "2013": (
            Number("channel", 1),
            Number("command", 2),
            Number("interval_s", 2),
            Number("save", 1),
            Number("resolution", 1),
            Number("quality", 1),
            Number("brightness", 1),
            Number("contrast", 1),
            Number("saturation", 1),
            Number("chroma", 1),
        )
    },
)
