"""What a writer of a format is."""

from __future__ import annotations

from typing import Protocol

from pipeline.export.columns import Page


class PageWriter(Protocol):
    """Writes a file page by page; `close` makes it whole."""

    def write(self, page: Page) -> None:
        """Add a page; all pages have the same columns."""

    def close(self) -> None:
        """Write what ends the file. Without it the file is none."""
