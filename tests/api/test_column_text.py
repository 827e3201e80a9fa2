"""Columns as JSON: what a reader gets is what each value says for itself."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from api.column_text import number_array, pair_array, time_array, value_array
from api.times import iso_us
from model.signals import unpack

_SMALLINTS = st.lists(st.integers(-(2**15) + 1, 2**15 - 1) | st.just(-1))


def read(text: msgspec.Raw) -> Any:
    return msgspec.json.decode(text)


@given(_SMALLINTS)
def test_numbers(values: list[int]) -> None:
    column = np.array(values, np.int16)
    assert read(number_array(column, 5)) == values
    tenths = [None if value == -1 else value / 10 for value in values]
    assert read(number_array(column, 5, 1, unknown=-1)) == tenths


@given(st.lists(st.tuples(*[st.integers(-180_000_000, 180_000_000)] * 2)))
def test_pairs(values: list[tuple[int, int]]) -> None:
    first, second = np.array(values, np.int32).reshape(-1, 2).T
    found = read(pair_array(first, second, 9, 6))
    assert found == [[one / 1e6, other / 1e6] for one, other in values]


@given(st.lists(st.integers(0, 4_102_444_800_000) | st.just(1_790_078_400_000)))
def test_times(times_ms: list[int]) -> None:
    found = read(time_array(np.array(times_ms, np.int64) * 1_000))
    assert found == [iso_us(time_ms * 1_000) for time_ms in times_ms]


@given(st.lists(st.sampled_from([0, 2, 14, 2**60 + 2])))
def test_what_values_stand_for(values: list[int]) -> None:
    assert read(value_array(np.array(values, np.int64), unpack)) == [unpack(v) for v in values]
