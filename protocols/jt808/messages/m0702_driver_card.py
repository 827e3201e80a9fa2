"""0x0702 the driver put a card in (1) or took it out (2). JT/T 808-2013 8.48, table 75.

Result: 0 read, 1 key failed, 2 locked, 3 taken out too early, 4 wrong checksum; who it is stands
there only with 0. 2011 has no status, 2019 adds the number of the identity card.
"""

from __future__ import annotations

from protocols.jt808.fields import Fields, Number, SizedText, Text, When, bytes_left
from protocols.jt808.message import Message
from protocols.jt808.time_fields import Date, Time

_CARD_2011: Fields = (
    SizedText("driver_name"),
    Text("driver_id_card", 20),
    Text("qualification_code", 40),
    SizedText("issuer"),
)
_CARD_2013: Fields = (
    Number("card_status", 1),
    Time("time"),
    When(bytes_left, Number("read_result", 1)),
    When(bytes_left, SizedText("driver_name")),
    When(bytes_left, Text("qualification_code", 20)),
    When(bytes_left, SizedText("issuer")),
    When(bytes_left, Date("expires")),
)
_ID_CARD = When(bytes_left, Text("driver_id_card", 20))

MESSAGE = Message(
    0x0702,
    "driver_card",
    {"2011": _CARD_2011, "2013": _CARD_2013, "2019": (*_CARD_2013, _ID_CARD)},
    also=("2019", "2013", "2011"),
)
