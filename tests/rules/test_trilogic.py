"""The three-valued logic against its definition, over every combination."""

from __future__ import annotations

from itertools import product

import numpy as np

from rules.contract import HOLD, NO, UNKNOWN, YES
from rules.trilogic import all_of, any_of, negate, tri

VALUES = (UNKNOWN, NO, YES, HOLD)


def test_all_of() -> None:
    for combination in product(VALUES, repeat=3):
        decisive = next((v for v in (NO, UNKNOWN, HOLD) if v in combination), YES)
        columns = [np.array([value], np.int8) for value in combination]
        assert all_of(*columns).tolist() == [decisive]


def test_any_of() -> None:
    for combination in product(VALUES, repeat=3):
        decisive = next((v for v in (YES, UNKNOWN, HOLD) if v in combination), NO)
        columns = [np.array([value], np.int8) for value in combination]
        assert any_of(*columns).tolist() == [decisive]


def test_negate_turns_only_what_is_decided() -> None:
    column = np.array([UNKNOWN, NO, YES, HOLD], np.int8)
    assert negate(column).tolist() == [UNKNOWN, YES, NO, HOLD]
    assert negate(column).dtype == np.int8


def test_tri() -> None:
    yes, known = np.array([True, False, True]), np.array([True, True, False])
    assert tri(yes, known).tolist() == [YES, NO, UNKNOWN]
    assert tri(yes).tolist() == [YES, NO, YES]
