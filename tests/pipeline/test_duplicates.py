"""Stored once: against a plain model that compares everything with everything."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from model.position import PositionBatch, empty_rows
from pipeline.duplicates import RecentReports

Fix = tuple[int, int, int, str | None]  # device, time, longitude, attributes


def batch_of(fixes: list[Fix], delays: list[int] | None = None) -> PositionBatch:
    rows = empty_rows(len(fixes))
    for index, (device, time_us, longitude, _) in enumerate(fixes):
        rows["device_id"][index] = device
        rows["time_us"][index] = time_us
        rows["longitude_e6"][index] = longitude
    if delays is not None:
        rows["delay_ms"] = delays
    return PositionBatch(rows, [attributes for *_, attributes in fixes])


def kept(recent: RecentReports, batch: PositionBatch) -> list[tuple[Any, ...]]:
    fresh = batch.take(recent.fresh(batch))
    names = ["device_id", "time_us", "longitude_e6", "variant"]
    return [tuple(int(row[name]) for name in names) for row in fresh.rows]


fixes = st.tuples(
    st.integers(1, 3), st.integers(1, 4), st.integers(1, 3), st.sampled_from([None, "{}", "{1}"])
)


@given(st.lists(st.lists(fixes, max_size=12), max_size=6))
def test_as_the_plain_model(batches: list[list[Fix]]) -> None:
    recent = RecentReports()
    stored: dict[tuple[int, int], list[Fix]] = {}
    for batch in batches:
        expected = []
        for fix in batch:
            known = stored.setdefault(fix[:2], [])
            if fix not in known:
                expected.append((*fix[:3], len(known)))
                known.append(fix)
        assert kept(recent, batch_of(batch)) == expected


def test_the_receive_delay_does_not_count() -> None:
    recent = RecentReports()
    batch = batch_of([(1, 5, 9, None), (1, 5, 9, None)], delays=[100, 2_000])
    assert kept(recent, batch) == [(1, 5, 9, 0)]
    assert kept(recent, batch_of([(1, 5, 9, None)], delays=[-7])) == []


def test_what_came_first_is_forgotten_first() -> None:
    recent = RecentReports(35)
    for device in range(8):
        recent.fresh(batch_of([(device, time_us, 1, None) for time_us in range(10)]))
        assert len(recent) <= 35
    assert kept(recent, batch_of([(7, 9, 1, None), (5, 0, 1, None)])) == []
    assert kept(recent, batch_of([(0, 9, 1, None)])) == [(0, 9, 1, 0)]


def test_a_batch_beyond_the_memory_is_compared_with_itself() -> None:
    recent = RecentReports(5)
    batch = batch_of([(1, time_us, 1, None) for time_us in (*range(10), 3)])
    assert len(kept(recent, batch)) == 10
    assert len(recent) == 0


def test_an_empty_batch() -> None:
    assert len(RecentReports().fresh(PositionBatch(empty_rows(0)))) == 0
    assert isinstance(RecentReports().fresh(PositionBatch(empty_rows(0))), np.ndarray)
