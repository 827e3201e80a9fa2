"""0x0100 registration. JT/T 808-2013 8.5, table 7."""

from __future__ import annotations

from protocols.jt808.fields import Fields, Number, Text
from protocols.jt808.message import Message

_REGION: Fields = (Number("province", 2), Number("city", 2))
_PLATE: Fields = (Number("plate_color", 1), Text("plate"))


def _layout(maker_bytes: int, model_bytes: int, terminal_id_bytes: int) -> Fields:
    names = (("maker_id", maker_bytes), ("model", model_bytes), ("terminal_id", terminal_id_bytes))
    return (*_REGION, *(Text(name, size) for name, size in names), *_PLATE)


def _edition(body: bytes, version: str) -> str:
    """The header cannot tell 2011 from 2013: a body below 37 bytes is 2011."""
    if version == "2019" and len(body) >= 76:
        return "2019"
    return "2013" if len(body) >= 37 else "2011"


MESSAGE = Message(
    0x0100,
    "register",
    {"2011": _layout(5, 8, 7), "2013": _layout(5, 20, 7), "2019": _layout(11, 30, 30)},
    _edition,
)
