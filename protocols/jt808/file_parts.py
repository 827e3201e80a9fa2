"""A file of an alarm as it comes in blocks, in any order and more than once."""

from __future__ import annotations

MAX_FILE_BYTES = 16 << 20
MAX_PARTS = 10_000  # separate ranges; more than that is no file but noise
MAX_MISSING = 255  # ranges in one 0x9212: their count is a byte
Range = tuple[int, int]  # from, to (exclusive)


class FileParts:
    """Data so far, and what is still missing."""

    __slots__ = ("_data", "_have", "size")

    def __init__(self, size: int) -> None:
        self.size = size
        self._data = bytearray()
        self._have: list[Range] = []

    def add(self, offset: int, data: bytes) -> bool:
        """Take a block in; False if it does not fit the file."""
        end = offset + len(data)
        if end > self.size or len(self._have) >= MAX_PARTS:
            return False
        if len(self._data) < end:
            self._data.extend(bytes(end - len(self._data)))
        self._data[offset:end] = data
        self._have = _joined([*self._have, (offset, end)]) if data else self._have
        return True

    def missing(self) -> list[Range]:
        """(offset, length) of what lacks, at most MAX_MISSING ranges."""
        gaps, at = [], 0
        for start, end in [*self._have, (self.size, self.size)]:
            if start > at:
                gaps.append((at, start - at))
            at = max(at, end)
        return gaps[:MAX_MISSING]

    @property
    def data(self) -> bytes:
        return bytes(self._data)


def _joined(ranges: list[Range]) -> list[Range]:
    """Ranges in order, those that touch made one."""
    joined: list[Range] = []
    for start, end in sorted(ranges):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
