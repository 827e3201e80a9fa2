"""BCD times from microseconds, for those who build frames."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone, tzinfo

CHINA = timezone(timedelta(hours=8))


def bcd_of_utc(time_us: int) -> bytes:
    """BCD[6] in UTC (0x8004)."""
    return _bcd(time_us, UTC)


def bcd_of_china(time_us: int) -> bytes:
    """BCD[6] in GMT+8 (locations)."""
    return _bcd(time_us, CHINA)


def _bcd(time_us: int, zone: tzinfo) -> bytes:
    time = datetime.fromtimestamp(time_us // 1_000_000, zone)
    return bytes.fromhex(time.strftime("%y%m%d%H%M%S"))
