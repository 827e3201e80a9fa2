"""0x8608 query areas or routes (2019): 1 circles, 2 rectangles, 3 polygons, 4 routes.
JT/T 808-2019.

None named: all.
"""

from __future__ import annotations

from protocols.jt808.fields import Number
from protocols.jt808.message import Message
from protocols.jt808.repeated import Numbers

MESSAGE = Message(
    0x8608, "areas_query", {"2013": (Number("query_type", 1), Numbers("ids", 4, 4))}, span="2019"
)
