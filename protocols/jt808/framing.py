"""Frames of JT/T 808: 7E, escaped (header, body, checksum), 7E. Standard 4.4 (2013), 4.4 (2019).

Strategy: split on 7E, whatever came; an empty piece is a shared or doubled delimiter. Each other
piece is unescaped and must hold its checksum. So a damaged frame costs itself alone: the next
7E resynchronises. Escape: 7E -> 7D 02, 7D -> 7D 01; 7D before any other byte is kept literally.
"""

from __future__ import annotations

from functools import reduce
from operator import xor

from protocols.contract import ProtocolError

DELIMITER = b"\x7e"
MAX_BODY_BYTES = 1023  # ten bits of the body properties
# 2019 header with package item, body and checksum, every byte escaped.
MAX_ESCAPED_BYTES = 2 * (21 + MAX_BODY_BYTES + 1)
MIN_FRAME_BYTES = 13  # 2013 header, empty body, checksum
_MAX_FOLDED_BYTES = 2048
_LOW_128, _LOW_64 = (1 << 128) - 1, (1 << 64) - 1


def checksum(data: bytes) -> int:
    """XOR of all bytes; 0 for a frame that includes its right checksum.

    Folds one big integer onto its low byte, 5 times faster than a loop for a typical frame; what
    a fold leaves in the high bits does not reach the low byte again.
    """
    size = len(data)
    if size > _MAX_FOLDED_BYTES:  # a reassembled message
        return reduce(xor, data)
    value = int.from_bytes(data, "big")
    if size > 128:
        value ^= value >> 8192
        value ^= value >> 4096
        value ^= value >> 2048
        value ^= value >> 1024
    if size > 64:
        value ^= value >> 512
    if size > 32:
        value ^= value >> 256
    value = (value ^ value >> 128) & _LOW_128
    value = (value ^ value >> 64) & _LOW_64
    value ^= value >> 32
    value ^= value >> 16
    return (value ^ value >> 8) & 0xFF


def escape(data: bytes) -> bytes:
    """What stands between two 7E."""
    if b"\x7d" in data:
        data = data.replace(b"\x7d", b"\x7d\x01")
    if b"\x7e" in data:
        data = data.replace(b"\x7e", b"\x7d\x02")
    return data


def unescape(data: bytes) -> bytes:
    """The reverse of `escape`; also takes what a careless sender left unescaped."""
    if b"\x7d" in data:
        return data.replace(b"\x7d\x02", b"\x7e").replace(b"\x7d\x01", b"\x7d")
    return data


def wrap(frame: bytes) -> bytes:
    """Bytes for the wire from header and body: checksum, escape, 7E."""
    return DELIMITER + escape(frame + bytes((checksum(frame),))) + DELIMITER


def unwrap(piece: bytes) -> bytes:
    """A frame (unescaped, checksum included and right) from what stood between two 7E.

    Raises ProtocolError: too_long, short, checksum.
    """
    if len(piece) > MAX_ESCAPED_BYTES:
        raise ProtocolError(
            "too_long", f"{len(piece)} bytes, at most {MAX_ESCAPED_BYTES} are valid"
        )
    frame = unescape(piece)
    if len(frame) < MIN_FRAME_BYTES:
        raise ProtocolError("short", f"{len(frame)} bytes, a frame has at least {MIN_FRAME_BYTES}")
    wrong = checksum(frame)
    if wrong:
        computed = wrong ^ frame[-1]
        raise ProtocolError("checksum", f"computed 0x{computed:02x}, frame says 0x{frame[-1]:02x}")
    return frame


class Framer:
    """Cuts a stream into pieces between 7E; holds at most `MAX_ESCAPED_BYTES` unparsed bytes.

    Pieces come out in order, each with the reason why it cannot be a frame, or None.
    """

    __slots__ = ("_in_frame", "_skipping", "_tail")

    def __init__(self) -> None:
        self._tail = b""
        self._in_frame = False  # a 7E stood before the tail
        self._skipping = False  # the piece before the next 7E was already refused

    def feed(self, data: bytes) -> list[tuple[bytes, str | None]]:
        """Bytes in, in any cut; complete pieces out."""
        pieces = (self._tail + data).split(DELIMITER) if self._tail else data.split(DELIMITER)
        self._tail = pieces.pop()
        found: list[tuple[bytes, str | None]] = []
        for piece in pieces:
            if piece and not self._skipping:
                found.append((piece, None) if self._in_frame else self._garbage(piece))
            self._in_frame, self._skipping = True, False
        if len(self._tail) > MAX_ESCAPED_BYTES:
            self._overflow(found)
        return found

    def _garbage(self, piece: bytes) -> tuple[bytes, str | None]:
        return piece[: MAX_ESCAPED_BYTES + 1], "garbage"

    def _overflow(self, found: list[tuple[bytes, str | None]]) -> None:
        if not self._skipping:
            head = self._tail[: MAX_ESCAPED_BYTES + 1]
            found.append((head, None) if self._in_frame else (head, "garbage"))
        self._tail, self._skipping = b"", True
