"""A page of fixes cut into pieces of an unbroken track, for formats that draw lines."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pipeline.export.columns import Page

GAP_S = 300  # as of a track over the API: longer, and nobody knows the way between
PIECE_FIXES = 10_000


def pieces(page: Page) -> Iterator[Page]:
    """Pieces of at most PIECE_FIXES positioned fixes without a gap; where one is cut only for its
    length, the next begins with its last fix."""
    placed = np.flatnonzero(np.asarray(page.columns["fix_source"]) != "none")
    times = np.asarray(page.columns["time"])[placed].astype(np.int64)
    breaks = np.flatnonzero(np.diff(times) > GAP_S * 1_000_000) + 1
    for run in np.split(placed, breaks):
        for start in range(0, max(len(run) - 1, min(len(run), 1)), PIECE_FIXES - 1):
            chosen = run[start : start + PIECE_FIXES]
            yield _taken(page, chosen)


def _taken(page: Page, places: np.ndarray[tuple[int], np.dtype[np.intp]]) -> Page:
    chosen = places.tolist()
    columns = {
        name: [values[i] for i in chosen] if isinstance(values, list) else values[places]
        for name, values in page.columns.items()
    }
    return Page(columns, len(chosen))
