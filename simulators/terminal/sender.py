"""Frames in the order in which a terminal sends them: one serial each, wrapping after 65535."""

from __future__ import annotations

from typing import Any

from protocols.jt808.framing import MAX_BODY_BYTES, wrap
from protocols.jt808.header import pack_frames, pack_header, pack_phone
from protocols.jt808.messages import encode_body

MAX_HEADS = 64


class Sender:
    """One phone, one edition of the standard ("2011", "2013", "2019")."""

    def __init__(self, identity: str, version: str) -> None:
        self.identity, self.version = identity, version
        self.next_serial = 0
        self._phone = pack_phone(identity, version)
        self._heads: dict[tuple[int, int], bytes] = {}

    def take_serials(self, count: int) -> int:
        """The first of `count` consecutive serials."""
        first = self.next_serial
        self.next_serial = (first + count) & 0xFFFF
        return first

    def _head(self, message_id: int, body_bytes: int) -> bytes:
        """What stands before the serial: the same for all reports of one length."""
        head = self._heads.get((message_id, body_bytes))
        if head is None:
            edition = 1 if self.version == "2019" else None
            whole = pack_header(message_id, body_bytes, self._phone, 0, protocol_version=edition)
            head = self._heads[message_id, body_bytes] = whole[:-2]
            if len(self._heads) > MAX_HEADS:
                del self._heads[next(iter(self._heads))]
        return head

    def frames(self, message_id: int, body: bytes | dict[str, Any]) -> list[bytes]:
        """Frames of a message, in sub-packages if it is long; the body as bytes or by name."""
        raw = body if isinstance(body, bytes) else encode_body(message_id, body, self.version)
        if len(raw) <= MAX_BODY_BYTES:
            serial = self.take_serials(1).to_bytes(2, "big")
            return [wrap(self._head(message_id, len(raw)) + serial + raw)]
        count = -(-len(raw) // MAX_BODY_BYTES)
        return pack_frames(
            message_id,
            raw,
            self._phone,
            self.take_serials(count),
            protocol_version=1 if self.version == "2019" else None,
        )
