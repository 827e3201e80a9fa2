"""Three-valued columns (rules.contract: UNKNOWN, NO, YES, and HOLD of the hysteresis band)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rules.contract import UNKNOWN, YES

Tri = NDArray[np.int8]


_ONE = np.uint8(1)


def tri(yes: NDArray[np.bool_], known: NDArray[np.bool_] | None = None) -> Tri:
    """YES or NO, and UNKNOWN where not known."""
    column = yes.astype(np.int8)
    if known is not None:
        column[~known] = UNKNOWN
    return column


def negate(column: Tri) -> Tri:
    """YES for NO and the reverse; UNKNOWN and HOLD stay."""
    return np.bitwise_xor(column, column.view(np.uint8) <= YES, dtype=np.int8)


def all_of(first: Tri, *others: Tri) -> Tri:
    """One NO decides; else one UNKNOWN leaves it open; else one HOLD holds; else YES."""
    # As unsigned bytes less one: YES 0, HOLD 1, UNKNOWN 254, NO 255. The greatest decides.
    decisive = first.view(np.uint8) - _ONE
    for column in others:
        np.maximum(decisive, column.view(np.uint8) - _ONE, out=decisive)
    decisive += _ONE
    return decisive.view(np.int8)


def any_of(first: Tri, *others: Tri) -> Tri:
    """One YES decides; else one UNKNOWN leaves it open; else one HOLD holds; else NO."""
    return negate(all_of(negate(first), *map(negate, others)))
