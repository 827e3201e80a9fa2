"""Microseconds since 1970 (UTC), as everything of ours counts time, to and from `timestamptz`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FIRST_US = (datetime.min.replace(tzinfo=UTC) - EPOCH) // _MICROSECOND
_LAST_US = (datetime.max.replace(tzinfo=UTC) - EPOCH) // _MICROSECOND
POSTGRES_EPOCH_US = 946_684_800_000_000  # 2000-01-01: where binary timestamptz counts from
DAY_US = 86_400_000_000


def to_datetime(time_us: int) -> datetime:
    """UTC datetime; beyond the years 1 to 9999 the nearest there is."""
    return EPOCH + timedelta(microseconds=min(max(int(time_us), _FIRST_US), _LAST_US))


def from_datetime(time: datetime) -> int:
    """Microseconds since 1970 of an aware datetime, exactly."""
    return (time - EPOCH) // _MICROSECOND
