"""BCD[6] times YYMMDDhhmmss: as text, and from microseconds. Standard 4.2."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone, tzinfo

from protocols.contract import ProtocolError

_SEPARATORS = str.maketrans("", "", "- :T")
CHINA = timezone(timedelta(hours=8))
UNSET_TIME = "000000000000"  # in a period: no edge


def bcd_of_utc(time_us: int) -> bytes:
    """BCD[6] in UTC (0x8004)."""
    return _bcd(time_us, UTC)


def bcd_of_china(time_us: int) -> bytes:
    """BCD[6] in GMT+8 (locations)."""
    return _bcd(time_us, CHINA)


def _bcd(time_us: int, zone: tzinfo) -> bytes:
    time = datetime.fromtimestamp(time_us // 1_000_000, zone)
    return bytes.fromhex(time.strftime("%y%m%d%H%M%S"))


def show_time(raw: bytes) -> str:
    """BCD[6] as text; the digits are not judged."""
    digits = raw.hex()
    if not digits.isdecimal():
        return digits
    year, month, day, hour, minute, second = (digits[i : i + 2] for i in range(0, 12, 2))
    return f"20{year}-{month}-{day} {hour}:{minute}:{second}"


def pack_time(text: str, name: str) -> bytes:
    """The reverse of `show_time`. Raises ProtocolError("time")."""
    digits = text if len(text) == 12 else text[2:].translate(_SEPARATORS)
    try:
        raw = bytes.fromhex(digits)
    except ValueError:
        raw = b""
    if len(raw) != 6:
        raise ProtocolError("time", f"{name} = {text!r} is not YYYY-MM-DD hh:mm:ss")
    return raw


def local_time(text: str) -> str:
    """An ISO 8601 time, UTC where it names no zone, as terminals say it: in GMT+8.

    Raises ProtocolError("time").
    """
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise ProtocolError("time", f"{text!r} is no time such as 2026-03-02T20:00:00Z") from error
    aware = time if time.tzinfo else time.replace(tzinfo=UTC)
    return f"{aware.astimezone(CHINA):%Y-%m-%d %H:%M:%S}"
