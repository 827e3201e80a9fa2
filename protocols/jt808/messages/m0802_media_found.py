"""0x0802 what the terminal has stored, answer to 0x8802. JT/T 808-2013 8.57, table 86.

An item of 2011 has no media id.
"""

from __future__ import annotations

from protocols.jt808.fields import Fields, Number
from protocols.jt808.location import BASIC_BYTES, BasicLocation
from protocols.jt808.message import Message
from protocols.jt808.repeated import Group

_HEAD: Fields = (Number("ack_serial", 2), Number("total", 2))
_ITEM: Fields = (
    Number("media_type", 1),
    Number("channel", 1),
    Number("event", 1),
    BasicLocation("location"),
)
_HEAD_BYTES, _ITEM_BYTES_2011 = 4, 3 + BASIC_BYTES


def _edition(body: bytes, version: str) -> str:
    """Whichever item size the body is a multiple of; 2011 only if the newer one does not fit."""
    size = len(body) - _HEAD_BYTES
    newer_fits = size % (_ITEM_BYTES_2011 + 4) == 0
    return version if newer_fits or size % _ITEM_BYTES_2011 else "2011"


MESSAGE = Message(
    0x0802,
    "media_found",
    {
        "2013": (*_HEAD, Group("items", (Number("media_id", 4), *_ITEM), 0)),
        "2011": (*_HEAD, Group("items", _ITEM, 0)),
    },
    _edition,
)
