"""A page as lists of plain Python values: what text formats are written from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from pipeline.export.columns import Page, Values


def as_lists(page: Page, names: Iterable[str]) -> list[list[Any]]:
    """The columns, unknown as None, times as `2026-09-22T12:00:00Z`."""
    return [_plain(page.columns[name]) for name in names]


def _plain(values: Values) -> list[Any]:
    if isinstance(values, list):
        return values
    if values.dtype.kind == "M":
        texts = np.datetime_as_string(values.astype("datetime64[ms]")).tolist()
        return [None if text == "NaT" else text.removesuffix(".000") + "Z" for text in texts]
    return values.tolist()  # type: ignore[no-any-return]
