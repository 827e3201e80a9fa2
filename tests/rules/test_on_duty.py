"""Duty in columns equals the roster's own plain answer, whatever the shifts."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from model.fences import Shift
from model.position import empty_rows
from rules.on_duty import on_duty
from tests.rules.kinds.city import City

shifts = st.builds(
    lambda device, start, length: Shift(device_id=device, starts_us=start, ends_us=start + length),
    st.integers(1, 4),
    st.integers(0, 60),
    st.integers(1, 30),
)


@given(
    st.lists(shifts, max_size=12),
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 100)), min_size=1, max_size=40),
)
def test_agrees_with_the_roster(given_shifts: list[Shift], fixes: list[tuple[int, int]]) -> None:
    rows = empty_rows(len(fixes))
    rows["device_id"], rows["time_us"] = np.array(sorted(fixes)).T
    view = City(shifts=given_shifts).view(rows)
    plain = [
        bool(view.roster.on_duty(int(row["device_id"]), np.array([row["time_us"]]))[0])
        for row in view.rows
    ]
    assert on_duty(view).tolist() == plain
