"""Many frames of one unit as one blob: 18 bytes a frame of a simulated city, 218 as rows.

A pack is DEFLATE over the count and, for each frame, four integers of 8 bytes (first fix as the
difference to the frame before, last fix and reception as differences to the first fix, length), a
plane a byte, and the frames themselves, also in planes where all have one length. Planes put alike
bytes side by side.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_COUNT = struct.Struct("<I")
_LEVEL = 6
Times = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Frames:
    """Frames in order of time, UTC microseconds; `body`: all of them, one after another."""

    time_us: Times
    until_us: Times
    received_us: Times
    lengths: Times
    body: bytes

    def each(self) -> Iterator[tuple[int, int, int, bytes]]:
        """(first fix, last fix, received, frame)."""
        ends = np.cumsum(self.lengths).tolist()
        columns = (self.time_us, self.until_us, self.received_us, self.lengths)
        numbers = zip(*(column.tolist() for column in columns), ends, strict=True)
        for time_us, until_us, received_us, length, end in numbers:
            yield time_us, until_us, received_us, self.body[end - length : end]


def pack(frames: Frames) -> bytes:
    """Of at least one frame."""
    columns = np.stack([
        np.diff(frames.time_us, prepend=0),
        frames.until_us - frames.time_us,
        frames.received_us - frames.time_us,
        frames.lengths,
    ]).astype("<i8")  # fmt: skip
    planes = _planes(columns.tobytes(), 8)
    body = frames.body
    if (frames.lengths == frames.lengths[0]).all():
        body = _planes(body, int(frames.lengths[0]))
    return zlib.compress(_COUNT.pack(len(frames.lengths)) + planes + body, _LEVEL)


def unpack(blob: bytes) -> Frames:
    """What `pack` was given."""
    plain = zlib.decompress(blob)
    (count,) = _COUNT.unpack_from(plain)
    split = _COUNT.size + 4 * 8 * count
    rows = _rows(plain[_COUNT.size : split], 8)
    steps, untils, delays, lengths = np.frombuffer(rows, "<i8").reshape(4, count).astype(np.int64)
    time_us, body = np.cumsum(steps), plain[split:]
    if (lengths == lengths[0]).all():
        body = _rows(body, int(lengths[0]))
    return Frames(time_us, time_us + untils, time_us + delays, lengths, body)


def _planes(data: bytes, width: int) -> bytes:
    """The first byte of every record, then the second of every one, ..."""
    return np.frombuffer(data, np.uint8).reshape(-1, width).T.tobytes() if width else b""


def _rows(planes: bytes, width: int) -> bytes:
    return np.frombuffer(planes, np.uint8).reshape(width, -1).T.tobytes() if width else b""
