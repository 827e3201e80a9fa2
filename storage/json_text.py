"""What came from outside as a jsonb value: PostgreSQL takes every character but NUL."""

from __future__ import annotations

from typing import Any

from psycopg.types.json import Jsonb


def jsonb(value: Any) -> Jsonb:
    """The value without NUL characters."""
    return Jsonb(_clean(value))


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\0", "") if "\0" in value else value
    if isinstance(value, dict):
        return {_clean(key): _clean(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(one) for one in value]
    return value
