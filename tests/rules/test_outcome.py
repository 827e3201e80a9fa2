"""How severe: by duration, and by what was before."""

from __future__ import annotations

import pytest

from model.rulebook import Severity
from rules.outcome import DAY_US, counts_before, lasting, repeated

SECOND_US = 1_000_000


@pytest.mark.parametrize(
    ("limit_s", "lasted_s", "expected"),
    [(0, 99_999, "info"), (900, 899, "info"), (900, 900, "serious")],
)
def test_what_lasts_becomes_serious(limit_s: float, lasted_s: int, expected: str) -> None:
    assert lasting("info", lasted_s * SECOND_US, {"serious_after_s": limit_s}) == expected


@pytest.mark.parametrize(
    ("severity", "count", "limit", "expected"),
    [
        ("warning", 9, 0, "warning"),
        ("warning", 1, 2, "warning"),
        ("warning", 2, 2, "serious"),  # Shenzhen: the third within a year
        ("info", 5, 2, "warning"),
        ("serious", 5, 2, "serious"),
    ],
)
def test_repeats_are_one_step_more_severe(
    severity: Severity, count: int, limit: int, expected: str
) -> None:
    assert repeated(severity, count, limit) == expected


def test_only_the_days_before_count() -> None:
    starts = [0, 5 * DAY_US, 10 * DAY_US, 10 * DAY_US + 1]
    asked = [(1, 10 * DAY_US, 10), (2, 10 * DAY_US, 9), (3, 10 * DAY_US + 1, 1), (4, 0, 365)]
    assert counts_before(starts, asked) == {1: 2, 2: 1, 3: 1, 4: 0}
