"""0x8A00 the platform's RSA public key {e, n}. Standard 8.64; 2019 8.63."""

from __future__ import annotations

from protocols.jt808.fields import Number, Raw
from protocols.jt808.message import Message

MESSAGE = Message(0x8A00, "platform_rsa_key", {"2013": (Number("e", 4), Raw("n", 128))})
