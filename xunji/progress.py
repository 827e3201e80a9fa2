"""A progress bar for a terminal; a line each tenth where output goes to a file."""

from __future__ import annotations

import sys

WIDTH = 40


class ProgressBar:
    """Shows shares from 0 to 1."""

    def __init__(self) -> None:
        self._first: float | None = None
        self._tenth = -1
        self._is_terminal = sys.stdout.isatty()

    def first(self, value: float) -> float:
        """The first value it was given: where the bar begins."""
        self._first = value if self._first is None else self._first
        return self._first

    def show(self, share: float, text: str) -> None:
        """Draw."""
        share = min(1.0, max(0.0, share))
        if self._is_terminal:
            filled = round(share * WIDTH)
            sys.stdout.write(f"\r  [{'#' * filled:<{WIDTH}}] {share:4.0%}  {text} ")
        elif int(share * 10) > self._tenth:
            self._tenth = int(share * 10)
            sys.stdout.write(f"  {share:4.0%}  {text}\n")
        sys.stdout.flush()
