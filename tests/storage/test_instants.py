"""Microseconds to and from datetimes, exactly."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from storage.instants import from_datetime, to_datetime


@given(st.integers(-62_135_596_800_000_000, 253_402_300_799_999_999))
def test_round_trip(time_us: int) -> None:
    assert from_datetime(to_datetime(time_us)) == time_us


@given(st.integers())
def test_any_integer_is_some_time(time_us: int) -> None:
    assert to_datetime(time_us).tzinfo is UTC


def test_known() -> None:
    assert to_datetime(0) == datetime(1970, 1, 1, tzinfo=UTC)
    assert to_datetime(1_790_078_400_000_001) == datetime(2026, 9, 22, 12, 0, 0, 1, tzinfo=UTC)
