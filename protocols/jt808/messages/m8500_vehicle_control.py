"""0x8500 vehicle control. JT/T 808-2013 8.33, table 53.

Until 2013 flags: bit 0 locks the doors. 2019: {type WORD, parameter BYTE}, type 1 the doors
(0 lock, 1 unlock); some terminals leave out the count before them.
"""

from __future__ import annotations

from protocols.jt808.fields import Number
from protocols.jt808.message import Message
from protocols.jt808.repeated import Group

_CONTROL = (Number("type", 2), Number("param", 1))

MESSAGE = Message(
    0x8500,
    "vehicle_control",
    {
        "2013": (Number("control_flags", 1),),
        "2019": (Group("controls", _CONTROL, 2),),
        "2019/bare": (Group("controls", _CONTROL, 0),),
    },
    also=("2019/bare", "2013"),
)
