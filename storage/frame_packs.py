"""Many frames of one unit as one blob: 8 bytes a frame of a simulated city, 218 as rows.

A pack is a version byte and an LZMA stream: a CRC of what follows, the length of a head
(MessagePack), the head, and the bytes of integer columns (storage/integer_columns.py). The first
columns are of all frames: first fix, last fix and reception as differences to the first fix, and
which form the frame has; then each form's own (storage/frame_forms.py). Packs of before, DEFLATE,
begin with another byte.
"""

from __future__ import annotations

import lzma
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from storage.frame_forms import Form, cut, form_of, group
from storage.integer_columns import read_columns, write_columns

_VERSION, _DEFLATE = 2, 0x78
_START = struct.Struct("<II")
_DICTIONARY = 1 << 20
# Planes of bytes: what stands before a byte says nothing of it, nor does its place.
_LZMA = [{"id": lzma.FILTER_LZMA2, "preset": 6, "dict_size": _DICTIONARY, "lc": 0, "pb": 0}]
Times = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Frames:
    """Frames in order of time, UTC microseconds."""

    time_us: Times
    until_us: Times
    received_us: Times
    bodies: list[bytes]

    def each(self) -> Iterator[tuple[int, int, int, bytes]]:
        """(first fix, last fix, received, frame)."""
        columns = (self.time_us, self.until_us, self.received_us)
        return zip(*(column.tolist() for column in columns), self.bodies, strict=True)

    def part(self, start: int, end: int) -> Frames:
        """Some of them."""
        some = slice(start, end)
        times = self.time_us[some], self.until_us[some], self.received_us[some]
        return Frames(*times, self.bodies[some])


class _Head(msgspec.Struct, frozen=True, array_like=True):
    """`kinds`: of the columns of all frames; `own`: of each form's, and how many frames it has."""

    count: int
    kinds: list[int]
    forms: list[Form]
    own: list[tuple[int, list[int]]]


_head = msgspec.msgpack.Decoder(_Head)


def pack(frames: Frames) -> bytes:
    """Of at least one frame."""
    numbers = np.zeros(len(frames.bodies), np.int64)
    forms, own, parts = [], [], []
    for number, (key, places) in enumerate(group(frames.bodies).items()):
        form, columns = form_of(key, [frames.bodies[place] for place in places])
        kinds, data = write_columns(columns)
        numbers[places] = number
        forms.append(form)
        own.append((len(places), kinds))
        parts.append(data)
    times = frames.time_us, frames.until_us - frames.time_us, frames.received_us - frames.time_us
    kinds, data = write_columns([*times, numbers])
    head = msgspec.msgpack.encode(_Head(len(numbers), kinds, forms, own))
    plain = b"".join((head, data, *parts))
    plain = _START.pack(zlib.crc32(plain), len(head)) + plain
    return bytes((_VERSION,)) + lzma.compress(plain, lzma.FORMAT_RAW, filters=_LZMA)


def unpack(blob: bytes) -> Frames:
    """What `pack` was given. Raises ValueError: it is damaged."""
    if blob[0] == _DEFLATE:
        return _unpack_deflate(blob)
    plain = lzma.decompress(blob[1:], lzma.FORMAT_RAW, filters=_LZMA)
    (crc, length), data = _START.unpack_from(plain), memoryview(plain)[_START.size :]
    if zlib.crc32(data) != crc:
        raise ValueError("a pack of raw frames is damaged")
    head, data = _head.decode(data[:length]), data[length:]
    time_us, until, received, numbers = read_columns(head.kinds, data, head.count)
    data = data[_size(head.kinds, head.count) :]
    bodies = [b""] * head.count
    for number, (form, (count, kinds)) in enumerate(zip(head.forms, head.own, strict=True)):
        made = form.frames(read_columns(kinds, data, count), count)
        data = data[_size(kinds, count) :]
        for place, frame in zip(np.flatnonzero(numbers == number).tolist(), made, strict=True):
            bodies[place] = frame
    return Frames(time_us, time_us + until, time_us + received, bodies)


def _size(kinds: list[int], count: int) -> int:
    return sum(kind % 16 for kind in kinds) * count


def _unpack_deflate(blob: bytes) -> Frames:
    """A pack of before: the count and, for each frame, four integers of 8 bytes (step to its first
    fix, then last fix, reception, length), a plane a byte, and the frames, also in planes where all
    have one length."""
    plain = zlib.decompress(blob)
    (count,) = struct.unpack_from("<I", plain)
    split = 4 + 4 * 8 * count
    rows = _rows(plain[4:split], 8)
    steps, untils, delays, lengths = np.frombuffer(rows, "<i8").reshape(4, count).astype(np.int64)
    time_us, body = np.cumsum(steps), plain[split:]
    if (lengths == lengths[0]).all():
        body = _rows(body, int(lengths[0]))
    return Frames(time_us, time_us + untils, time_us + delays, cut(body, lengths))


def _rows(planes: bytes, width: int) -> bytes:
    return np.frombuffer(planes, np.uint8).reshape(width, -1).T.tobytes() if width else b""
