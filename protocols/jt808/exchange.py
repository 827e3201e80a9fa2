"""A whole message being handled, and what acknowledges what was handed on."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from protocols.jt808.header import Header
from protocols.jt808.terminal import Terminal


class Token(msgspec.Struct, frozen=True, gc=False):
    """What acknowledges a report: its terminal, message id, and one serial a package."""

    terminal: Terminal
    message_id: int
    serials: tuple[int, ...]


@dataclass(slots=True)
class Exchange:
    """One whole message being handled; `edition` as its body tells it."""

    terminal: Terminal
    header: Header
    frame: bytes
    body: bytes
    serials: tuple[int, ...]
    now_us: int
    edition: str = ""

    @property
    def token(self) -> Token:
        return Token(self.terminal, self.header.message_id, self.serials)

    @property
    def key(self) -> tuple[int, int, int]:
        """What a retransmission has in common with the message: id, serial and checksum."""
        return self.header.message_id, self.serials[0], self.frame[-1]
