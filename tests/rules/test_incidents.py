"""Incidents: the same violations make the same incidents, in whatever order they are known."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.outcomes import Counted
from rules.incidents import incidents

GAP_US = 600


def made(*periods: tuple[int, int], ids: list[int] | None = None) -> list[Counted]:
    numbers = ids or list(range(1, len(periods) + 1))
    return [
        Counted(id=id_, device_id=1, rule_id=id_, started_us=start, until_us=end)
        for id_, (start, end) in zip(numbers, periods, strict=True)
    ]


@pytest.mark.parametrize(
    ("periods", "expected"),
    [
        ([], {}),
        ([(0, 10)], {1: 1}),
        ([(0, 10), (610, 700)], {1: 1, 2: 1}),  # the gap itself still joins
        ([(0, 10), (611, 700)], {1: 1, 2: 2}),
        ([(0, 5_000), (10, 20), (5_500, 5_600)], {1: 1, 2: 1, 3: 1}),  # the long one reaches
        ([(700, 800), (0, 100), (5_000, 5_001)], {1: 1, 2: 1, 3: 3}),  # known in any order
    ],
)
def test_cases(periods: list[tuple[int, int]], expected: dict[int, int]) -> None:
    assert incidents(made(*periods), GAP_US) == expected


PERIODS = st.lists(st.tuples(st.integers(0, 20_000), st.integers(0, 900)), max_size=25)


@given(PERIODS, st.integers(0, 99))
def test_order_does_not_matter_and_neighbours_are_together(
    given_periods: list[tuple[int, int]], seed: int
) -> None:
    known = made(*[(start, start + length) for start, length in given_periods])
    found = incidents(known, GAP_US)
    shuffled = random.Random(seed).sample(known, len(known))
    assert incidents(shuffled, GAP_US) == found
    for one in known:
        assert found[found[one.id]] == found[one.id] <= one.id
        for other in known:
            near = one.started_us <= other.until_us + GAP_US
            if near and other.started_us <= one.until_us + GAP_US:
                assert found[one.id] == found[other.id]
