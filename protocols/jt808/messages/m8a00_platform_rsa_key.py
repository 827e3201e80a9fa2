"""0x8A00 the platform's RSA public key {e, n}. JT/T 808-2013 8.64, table 95."""

from __future__ import annotations

from protocols.jt808.fields import Number, Raw
from protocols.jt808.message import Message

MESSAGE = Message(0x8A00, "platform_rsa_key", {"2013": (Number("e", 4), Raw("n", 128))})
