"""How long a step waits for company."""

from __future__ import annotations

from time import process_time

import pytest

from pipeline.linger import LEAST_S, LONGEST_S, QUIET_SHARE, Linger


def spend(seconds: float) -> None:
    until_s = process_time() + seconds
    while process_time() < until_s:
        pass


@pytest.mark.parametrize(("cost_s", "least_s"), [(0.0, LEAST_S), (0.01, 0.01 / QUIET_SHARE)])
def test_a_dear_step_is_followed_by_a_long_wait(cost_s: float, least_s: float) -> None:
    linger = Linger()
    linger.began_s = 100.0
    with linger.step():
        spend(cost_s)
    assert least_s <= linger.due_s - 100.0 < LONGEST_S


def test_nothing_waits_longer_than_the_longest() -> None:
    linger = Linger()
    linger.began_s = 100.0
    with linger.step():
        spend(1.1 * LONGEST_S * QUIET_SHARE)
    assert linger.due_s == 100.0 + LONGEST_S


def test_the_first_step_waits_for_nobody() -> None:
    assert Linger().due_s == float("-inf")
