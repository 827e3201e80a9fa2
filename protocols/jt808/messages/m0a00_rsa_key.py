"""0x0A00 the terminal's RSA public key {e, n}. JT/T 808-2013 8.65, table 96."""

from __future__ import annotations

from protocols.jt808.fields import Number, Raw
from protocols.jt808.message import Message

MESSAGE = Message(0x0A00, "rsa_key", {"2013": (Number("e", 4), Raw("n", 128))})
