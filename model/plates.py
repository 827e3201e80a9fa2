"""Number plates, written one way: what cameras, people and registers spell differently is equal."""

from __future__ import annotations

import unicodedata

MAX_PLATE_CHARACTERS = 16  # the longest in use have 8; foreign ones have more
MIN_PLATE_CHARACTERS = 3


def normal_plate(text: str) -> str:
    """Letters and digits only, half-width, upper case: `苏a·１２３ 45` is `苏A12345`."""
    half_width = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).upper())
    return "".join(character for character in half_width if character.isalnum())


def is_plate(plate: str) -> bool:
    """Whether a normal plate can be one."""
    return MIN_PLATE_CHARACTERS <= len(plate) <= MAX_PLATE_CHARACTERS
