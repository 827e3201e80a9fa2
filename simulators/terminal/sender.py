"""Frames in the order in which a terminal sends them: one serial each, wrapping after 65535."""

from __future__ import annotations

from typing import Any

from protocols.jt808.framing import MAX_BODY_BYTES
from protocols.jt808.header import pack_frames, pack_phone
from protocols.jt808.messages import encode_body


class Sender:
    """One phone, one edition of the standard ("2011", "2013", "2019")."""

    def __init__(self, identity: str, version: str) -> None:
        self.identity, self.version = identity, version
        self.next_serial = 0
        self._phone = pack_phone(identity, version)

    def take_serials(self, count: int) -> int:
        """The first of `count` consecutive serials."""
        first = self.next_serial
        self.next_serial = (first + count) & 0xFFFF
        return first

    def frames(self, message_id: int, body: bytes | dict[str, Any]) -> list[bytes]:
        """Frames of a message, in sub-packages if it is long; the body as bytes or by name."""
        raw = body if isinstance(body, bytes) else encode_body(message_id, body, self.version)
        count = max(1, -(-len(raw) // MAX_BODY_BYTES))
        return pack_frames(
            message_id,
            raw,
            self._phone,
            self.take_serials(count),
            protocol_version=1 if self.version == "2019" else None,
        )
