"""Columns as JSON arrays, without a Python object a value: a vehicle-day has 86,000 of them.

A column becomes a matrix of bytes, one row a value, wide enough for any text of its kind. What a
text does not fill is NUL, and NULs are taken out of the whole at the end.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

_Text = NDArray[np.uint8]  # a row a value
_ZERO, _MINUS, _POINT, _COMMA = b"0-.,"
_TIME = np.frombuffer(b'"0000-00-00T00:00:00.000Z"', np.uint8)
_DAY_MS = 86_400_000


def number_array(
    values: NDArray[Any], digits: int, decimals: int = 0, unknown: int | None = None
) -> msgspec.Raw:
    """Integers in units of 10 ** -decimals, of at most so many digits in all; `unknown`: null."""
    text = _elements(len(values), _width(digits, decimals))
    _write_numbers(text[:, :-1], values, digits, decimals)
    if unknown is not None:
        missing = values == unknown
        for place, character in enumerate(b"null".ljust(text.shape[1] - 1, b"\0")):
            text[:, place] = np.where(missing, character, text[:, place])
    return _array(text)


def pair_array(
    first: NDArray[Any], second: NDArray[Any], digits: int, decimals: int
) -> msgspec.Raw:
    """Pairs of what `number_array` writes."""
    width = _width(digits, decimals)
    text = _elements(len(first), 2 * width + 3)
    text[:, [0, width + 1, -2]] = np.frombuffer(b"[,]", np.uint8)
    _write_numbers(text[:, 1 : width + 1], first, digits, decimals)
    _write_numbers(text[:, width + 2 : -2], second, digits, decimals)
    return _array(text)


def time_array(time_us: NDArray[np.int64]) -> msgspec.Raw:
    """As `api.times.iso_us`: in UTC with Z, milliseconds only where there are any."""
    text = _elements(len(time_us), len(_TIME))
    text[:, :-1] = _TIME
    days, ms = np.divmod(time_us // 1_000, _DAY_MS)
    day, lengths = _runs(days)
    dates = np.datetime_as_string(day.astype("datetime64[D]")).astype("S10")
    text[:, 1:11] = np.repeat(dates.view(np.uint8).reshape(-1, 10), lengths, axis=0)
    for start, unit_ms, most in ((12, 3_600_000, 24), (15, 60_000, 60), (18, 1_000, 60)):
        _write_digits(text[:, start : start + 2], ms // unit_ms % most)
    _write_digits(text[:, 21:24], ms % 1_000)
    text[:, 20:24] *= (ms % 1_000 > 0)[:, None]
    return _array(text)


def value_array(values: NDArray[Any], value_of: Callable[[Any], Any]) -> msgspec.Raw:
    """What each value stands for, asked once a run of equal ones."""
    runs = [column.tolist() for column in _runs(values)]
    texts = {value: msgspec.json.encode(value_of(value)) + b"," for value in set(runs[0])}
    return _bracketed(b"".join(texts[value] * length for value, length in zip(*runs, strict=True)))


def _elements(rows: int, width: int) -> _Text:
    """So wide, empty, with a comma behind."""
    text = np.zeros((rows, width + 1), np.uint8)
    text[:, -1] = _COMMA
    return text


def _array(text: _Text) -> msgspec.Raw:
    return _bracketed(text.tobytes().translate(None, b"\0"))


def _bracketed(elements: bytes) -> msgspec.Raw:
    return msgspec.Raw(b"[" + elements.removesuffix(b",") + b"]")


def _width(digits: int, decimals: int) -> int:
    return 1 + digits + (decimals > 0)


def _write_numbers(text: _Text, values: NDArray[Any], digits: int, decimals: int) -> None:
    """A place for the sign, digits, and a point before the decimals."""
    size, whole = np.abs(values.astype(np.int64)), digits - decimals
    text[:, 0] = _MINUS * (values < 0)
    _write_digits(text[:, 1 : whole + 1], size // 10**decimals)
    for place in range(1, whole):  # zeros that lead
        text[:, place] *= size >= 10 ** (digits - place)
    if decimals:
        text[:, whole + 1] = _POINT
        _write_digits(text[:, whole + 2 :], size)


def _write_digits(text: _Text, values: NDArray[np.int64]) -> None:
    """The last digits of each value."""
    for place in reversed(range(text.shape[1])):
        tens = values // 10  # a third of the time of divmod
        text[:, place] = values - 10 * tens + _ZERO
        values = tens


def _runs(values: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.intp]]:
    """The value and the length of each run of equal ones."""
    starts = np.flatnonzero(np.diff(values, prepend=~values[:1]))
    return values[starts], np.diff(starts, append=len(values))
