"""The stream of an attachment connection: frames between 7E, and blocks. T/JSATL 12-2017 4.6.

block: 30 31 63 64 | file name BYTE[50] | offset DWORD | length DWORD | data, not escaped
"""

from __future__ import annotations

from dataclasses import dataclass

from protocols.jt808.fields import PADDING, unpack_text
from protocols.jt808.framing import DELIMITER, MAX_ESCAPED_BYTES

BLOCK_HEAD = b"\x30\x31\x63\x64"
HEAD_BYTES, NAME_BYTES = 62, 50
MAX_BLOCK_BYTES = 1 << 20  # the text says 64 KiB; some terminals send a file in one


@dataclass(frozen=True, slots=True)
class Block:
    """Data of a file, from `offset` on."""

    name: str
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Junk:
    """Bytes that are neither, up to the next that may be; `reason` as of quarantine."""

    data: bytes
    reason: str


Piece = Block | Junk | bytes  # bytes: what stood between two 7E


class FilesFramer:
    """Holds at most one block or frame that is not whole yet."""

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, data: bytes) -> list[Piece]:
        """Bytes in, in any cut; whole pieces out."""
        self._held += data
        pieces: list[Piece] = []
        while self._held:
            piece = self._next()
            if piece is None:
                break
            if piece != b"":
                pieces.append(piece)
        return pieces

    def _next(self) -> Piece | None:
        held = self._held
        if held[:4] == BLOCK_HEAD[: len(held)]:
            return self._block() if len(held) >= HEAD_BYTES else None
        if held[:1] == DELIMITER:
            return self._frame()
        return self._cut(self._begin(1), "garbage")

    def _block(self) -> Piece | None:
        offset, length = (int.from_bytes(self._held[at : at + 4], "big") for at in (54, 58))
        if length > MAX_BLOCK_BYTES:
            return self._cut(self._begin(4), "too_long")
        if len(self._held) < HEAD_BYTES + length:
            return None
        name = unpack_text(bytes(self._held[4 : 4 + NAME_BYTES]).rstrip(PADDING))
        data = bytes(self._held[HEAD_BYTES : HEAD_BYTES + length])
        del self._held[: HEAD_BYTES + length]
        return Block(name, offset, data)

    def _frame(self) -> Piece | None:
        end = self._held.find(DELIMITER, 1, MAX_ESCAPED_BYTES + 2)
        if end < 0:
            if len(self._held) <= MAX_ESCAPED_BYTES + 1:
                return None
            return self._cut(self._begin(1), "too_long")
        inner = bytes(self._held[1:end])
        # Two 7E in a row: the second one begins the frame.
        del self._held[: end + 1 if inner else end]
        return inner

    def _begin(self, at: int) -> int:
        """Where the next piece may begin, from `at` on."""
        places = [self._held.find(mark, at) for mark in (DELIMITER, BLOCK_HEAD)]
        found = [place for place in places if place >= 0]
        return min(found) if found else len(self._held)

    def _cut(self, end: int, reason: str) -> Junk:
        junk = bytes(self._held[: min(end, MAX_ESCAPED_BYTES)])
        del self._held[:end]
        return Junk(junk, reason)
