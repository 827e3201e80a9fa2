"""Latencies are counted as HdrHistogram counts them, and tallies of processes add up."""

from __future__ import annotations

from hdrh.histogram import HdrHistogram
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.load.tally import DIGITS, HIGHEST_US, LOWEST_US, Latencies, Tally

latencies = st.lists(st.integers(1, HIGHEST_US), min_size=1, max_size=60)


@settings(max_examples=20, deadline=None)
@given(latencies, latencies)
def test_blocks_count_as_single_values_do(ones: list[int], others: list[int]) -> None:
    plain = HdrHistogram(LOWEST_US, HIGHEST_US, DIGITS)
    for value in (*ones, *others):
        plain.record_value(value)
    mine, second = Latencies(), Latencies()
    mine.count(ones)
    second.count(others)
    mine.merge(second.encode())
    summary = mine.summary()
    for percentile in (50.0, 90.0, 99.0):
        expected = plain.get_value_at_percentile(percentile) / 1e3
        got = summary[f"p{percentile:g}_ms"]
        assert abs(got - expected) <= max(0.002, expected * 2e-3)


def test_processes_add_up() -> None:
    one, two = Latencies(), Latencies()
    one.count([1_000] * 3)
    two.count([9_000] * 1)
    total = Tally(frames=3, acknowledged=3, seconds=1.0, latencies=one.encode(), connections=1)
    total.logged_in = 1
    assert total.passed
    total.add(Tally(frames=2, acknowledged=1, missing=1, seconds=2.0, latencies=two.encode()))
    assert (total.frames, total.acknowledged, total.seconds) == (5, 4, 2.0)
    assert not total.passed
    assert Latencies(total.latencies).summary()["max_ms"] > 8.9
