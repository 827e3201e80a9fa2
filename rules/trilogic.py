"""Three-valued columns (rules.contract: UNKNOWN, NO, YES, and HOLD of the hysteresis band)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rules.contract import HOLD, NO, UNKNOWN, YES

Tri = NDArray[np.int8]


def tri(yes: NDArray[np.bool_], known: NDArray[np.bool_] | None = None) -> Tri:
    """YES or NO, and UNKNOWN where not known."""
    column = np.where(yes, YES, NO).astype(np.int8)
    if known is not None:
        column[~known] = UNKNOWN
    return column


def negate(column: Tri) -> Tri:
    """YES for NO and the reverse; UNKNOWN and HOLD stay."""
    return np.where((column == YES) | (column == NO), YES - column, column).astype(np.int8)


def all_of(first: Tri, *others: Tri) -> Tri:
    """One NO decides; else one UNKNOWN leaves it open; else one HOLD holds; else YES."""
    columns = np.stack([first, *others])
    result = np.full(columns.shape[1], YES, np.int8)
    for value in (HOLD, UNKNOWN, NO):
        result[(columns == value).any(0)] = value
    return result


def any_of(first: Tri, *others: Tri) -> Tri:
    """One YES decides; else one UNKNOWN leaves it open; else one HOLD holds; else NO."""
    return negate(all_of(negate(first), *map(negate, others)))
