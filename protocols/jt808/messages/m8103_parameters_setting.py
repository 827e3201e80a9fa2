"""0x8103 set parameters. JT/T 808-2013 8.9, table 10."""

from __future__ import annotations

from protocols.jt808.message import Message
from protocols.jt808.parameters import PARAMETERS
from protocols.jt808.repeated import InPackages

MESSAGE = Message(
    0x8103,
    "parameters_setting",
    {"2013": (PARAMETERS,), "2011": (InPackages(PARAMETERS, "params"),)},
    also=("2011",),
)
