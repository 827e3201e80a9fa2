"""Frames that are alike as integer columns, and back.

A form says how a frame is made of integers. Text (JSON, NMEA) is a template with the numbers taken
out; a number with decimals is an integer in the smallest unit that its column has. Other frames of
one length are fields of 1 to 4 bytes, big-endian, side by side: where fields begin and end is what
costs least, seen from some of the frames. What is like nothing else stays as bytes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec
import numpy as np

from storage.integer_columns import Column, costs

FEW = 8  # frames that are alike; fewer stay as bytes
LOOKED_AT = 512  # frames that fields are guessed from
MAX_FORMS = 32  # of a pack, besides the bytes
MAX_FIELD, MAX_WIDTH, MAX_TEXT = 4, 512, 4_096  # bytes
FIELD_COST = 2.0  # bytes of a pack's head
_WHOLE, _DECIMAL = b"\0", b"\1"
# Only what is written as _texts writes it: no zeros that lead or, behind a point, end.
_DECIMALS = re.compile(rb"(?<!\d)(?:0|[1-9]\d{0,8})\.(?:0|\d{0,8}[1-9])(?!\d)")
_WHOLES = re.compile(rb"0|[1-9]\d{0,17}")
_NUMBERS = re.compile(_DECIMALS.pattern + b"|" + _WHOLES.pattern)
_HOLE = re.compile(b"[\0\1]")


class Text(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """`decimals` of each number, 0: a whole one; \\0 and \\1 stand for these and for the others."""

    template: bytes
    decimals: list[int]

    def frames(self, columns: Sequence[Column], count: int) -> list[bytes]:
        """So many frames, of these numbers."""
        form = _HOLE.sub(b"%s", self.template.replace(b"%", b"%%"))
        texts = [_texts(*number) for number in zip(columns, self.decimals, strict=True)]
        rows = zip(*texts, strict=True) if texts else [()] * count
        return [form % row for row in rows]


class Fields(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """Bytes of each field. `checked`: the last byte is what makes the XOR of all a constant, and
    that constant stands for it."""

    widths: list[int]
    checked: bool

    def frames(self, columns: Sequence[Column], count: int) -> list[bytes]:  # noqa: ARG002
        """So many frames, of these numbers."""
        parts = [
            column.astype(">i8").view(np.uint8).reshape(-1, 8)[:, 8 - width :]
            for width, column in zip(self.widths, columns, strict=True)
        ]
        rows = np.hstack(parts)
        if self.checked:
            rows[:, -1] = np.bitwise_xor.reduce(rows, axis=1)
        return [row.tobytes() for row in rows]


class Bytes(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """Lengths are the only numbers; `body` has the frames one after another."""

    body: bytes

    def frames(self, columns: Sequence[Column], count: int) -> list[bytes]:  # noqa: ARG002
        """So many frames, of these lengths."""
        return cut(self.body, columns[0])


Form = Text | Fields | Bytes


def cut(body: bytes, lengths: Column) -> list[bytes]:
    """Frames that stand one after another."""
    ends = np.cumsum(lengths).tolist()
    return [body[end - n : end] for end, n in zip(ends, lengths.tolist(), strict=True)]


def group(frames: Sequence[bytes]) -> dict[bytes | int | None, list[int]]:
    """Places of the frames that are alike: by template, by length, or (None) like nothing else."""
    alike: dict[bytes | int | None, list[int]] = {}
    for place, frame in enumerate(frames):
        alike.setdefault(_likeness(frame), []).append(place)
    rest = alike.pop(None, [])
    for rank, key in enumerate(sorted(alike, key=lambda key: -len(alike[key]))):
        if rank >= MAX_FORMS or len(alike[key]) < FEW:
            rest += alike.pop(key)
    return {**alike, None: sorted(rest)} if rest else alike


def form_of(key: bytes | int | None, frames: Sequence[bytes]) -> tuple[Form, list[Column]]:
    """The form of frames that are alike, and their numbers."""
    if key is None:
        return Bytes(b"".join(frames)), [np.array([len(frame) for frame in frames], np.int64)]
    return _text(key, frames) if isinstance(key, bytes) else _fields(key, frames)


def _likeness(frame: bytes) -> bytes | int | None:
    if _WHOLE in frame or _DECIMAL in frame:
        return len(frame) if len(frame) <= MAX_WIDTH else None
    if len(frame) > MAX_TEXT:
        return None
    return _WHOLES.sub(_WHOLE, _DECIMALS.sub(_DECIMAL, frame))


def _text(template: bytes, frames: Sequence[bytes]) -> tuple[Text, list[Column]]:
    told = zip(*(_NUMBERS.findall(frame) for frame in frames), strict=True)
    numbers = [
        (0, list(map(int, texts))) if hole == _WHOLE else _scaled(texts)
        for hole, texts in zip(_HOLE.findall(template), told, strict=True)
    ]
    columns = [np.array(column, np.int64) for _, column in numbers]
    return Text(template, [decimals for decimals, _ in numbers]), columns


def _scaled(texts: Sequence[bytes]) -> tuple[int, list[int]]:
    """(most decimals, integers in that unit)."""
    parts = [text.split(b".") for text in texts]
    most = max(len(fraction) for _, fraction in parts)
    return most, [int(whole + fraction.ljust(most, b"0")) for whole, fraction in parts]


def _texts(numbers: Column, decimals: int) -> list[bytes]:
    if not decimals:
        return [b"%d" % number for number in numbers.tolist()]
    whole, fraction = np.divmod(numbers, 10**decimals)
    fractions = {f: (b"%0*d" % (decimals, f)).rstrip(b"0") or b"0" for f in set(fraction.tolist())}
    pairs = zip(whole.tolist(), fraction.tolist(), strict=True)
    return [b"%d.%s" % (w, fractions[f]) for w, f in pairs]


def _fields(width: int, frames: Sequence[bytes]) -> tuple[Fields, list[Column]]:
    rows = np.frombuffer(b"".join(frames), np.uint8).reshape(-1, width).astype(np.int64)
    total = np.bitwise_xor.reduce(rows, axis=1)
    checked = bool((total == total[0]).all())
    if checked:
        rows[:, -1] = total
    widths = _cheapest(rows[:LOOKED_AT])
    ends = np.cumsum(widths).tolist()
    columns = [_number(rows[:, end - width : end]) for end, width in zip(ends, widths, strict=True)]
    return Fields(widths, checked), columns


def _number(field: Column) -> Column:
    number = field[:, 0]
    for place in range(1, field.shape[1]):
        number = number << 8 | field[:, place]
    return number


def _cheapest(rows: Column) -> list[int]:
    """Widths of fields side by side that together cost least."""
    columns, total = rows.shape[1], rows
    prices = []
    for width in range(1, min(MAX_FIELD, columns) + 1):
        if width > 1:
            total = total[:, :-1] << 8 | rows[:, width - 1 :]
        prices.append(costs(total).min(0) + FIELD_COST)
    best, chosen = [0.0], [0]
    for end in range(1, columns + 1):
        ways = [
            (best[end - width] + price[end - width], width)
            for width, price in enumerate(prices, 1)
            if width <= end
        ]
        least, width = min(ways)
        best.append(least)
        chosen.append(width)
    widths = []
    end = columns
    while end:
        widths.append(chosen[end])
        end -= chosen[end]
    return widths[::-1]
