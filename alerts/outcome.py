"""What came of one attempt to tell a receiver."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Outcome:
    """None: the receiver has confirmed it. Else why not, and whether to try again."""

    error: str | None = None
    again: bool = True
