"""Canonical JSON after RFC 8785: equal contents are equal bytes, so that a hash can speak for them.

Keys sorted by UTF-16 code units, no spaces, numbers as ECMAScript writes them, UTF-8.
"""

from __future__ import annotations

import json
import math
from decimal import Decimal
from typing import Any

MAX_SAFE_INTEGER = 2**53 - 1


def canonical_json(content: Any) -> bytes:
    """The one spelling of a JSON value.

    Raises ValueError: an integer beyond 2**53, infinity, NaN; TypeError: what is not JSON.
    """
    pieces: list[str] = []
    _write(content, pieces)
    return "".join(pieces).encode()


def _write(value: Any, pieces: list[str]) -> None:
    match value:
        case None | bool() | str():
            pieces.append(json.dumps(value, ensure_ascii=False))
        case int():
            pieces.append(_integer(value))
        case float():
            pieces.append(_number(value))
        case dict():
            pieces.append("{")
            for place, key in enumerate(sorted(value, key=_code_units)):
                pieces.append(f"{',' if place else ''}{json.dumps(key, ensure_ascii=False)}:")
                _write(value[key], pieces)
            pieces.append("}")
        case list() | tuple():
            pieces.append("[")
            for place, item in enumerate(value):
                if place:
                    pieces.append(",")
                _write(item, pieces)
            pieces.append("]")
        case _:
            raise TypeError(f"{type(value).__name__} is not JSON")


def _code_units(key: Any) -> bytes:
    if not isinstance(key, str):
        raise TypeError(f"a key of type {type(key).__name__} is not JSON")
    return key.encode("utf-16-be")


def _integer(value: int) -> str:
    if abs(value) > MAX_SAFE_INTEGER:
        raise ValueError(f"{value} does not fit a double: write it as a string")
    return str(value)


def _number(value: float) -> str:
    """ECMA-262, Number::toString: the shortest digits that give the same double."""
    if not math.isfinite(value):
        raise ValueError(f"{value} is not JSON")
    if value == 0:
        return "0"
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    text, shift = "".join(map(str, digits)), int(exponent)
    point = len(text) + shift  # where the decimal point stands, counted from the first digit
    if 0 < point <= 21:
        number = text + "0" * shift if shift >= 0 else f"{text[:point]}.{text[point:]}"
    elif -6 < point <= 0:
        number = f"0.{'0' * -point}{text}"
    else:
        fraction = f".{text[1:]}" if len(text) > 1 else ""
        number = f"{text[0]}{fraction}e{point - 1:+d}"
    return f"-{number}" if sign else number
