"""JT/T 808 as a registered protocol."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from protocols.contract import Decoded, Description, Directory
from protocols.jt808 import columns
from protocols.jt808.description import describe
from protocols.jt808.framing import DELIMITER
from protocols.jt808.header import pack_frames, pack_phone
from protocols.jt808.messages import encode_body
from protocols.jt808.session import Jt808Session
from protocols.jt808.signals import PROFILES
from protocols.registry import register


class Jt808:
    """`profile`: which bits mean which work signal (protocols.jt808.signals)."""

    name = "jt808"
    default_port: int | None = 6808

    def __init__(self, profile: str = "standard") -> None:
        self._profile = PROFILES[profile]

    def recognises(self, head: bytes) -> bool | None:
        """A stream that starts with 7E."""
        return head[:1] == DELIMITER if head else None

    def session(self, directory: Directory) -> Jt808Session:
        return Jt808Session(directory)

    def decode_reports(self, frames: Sequence[bytes]) -> Decoded:
        return columns.decode_reports(frames, self._profile)

    def describe(self, text: str) -> Description:
        return describe(text)


def encode_frames(
    message_id: int,
    body: bytes | dict[str, Any],
    phone: str,
    serial: int,
    version: str = "2013",
) -> bytes:
    """A message for the wire, in sub-packages if it is long; body as bytes or by field name."""
    raw = body if isinstance(body, bytes) else encode_body(message_id, body, version)
    frames = pack_frames(
        message_id,
        raw,
        pack_phone(phone, version),
        serial,
        protocol_version=1 if version == "2019" else None,
    )
    return b"".join(frames)


JT808 = Jt808()
register(JT808)
