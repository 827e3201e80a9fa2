"""One location as a row of `POSITION_DTYPE`, value by value: the plain twin of `columns`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from model.position import UNKNOWN, UNKNOWN_ALTITUDE_M, FixSource
from protocols.contract import ProtocolError
from protocols.jt808.attributes import (
    COLUMN_ITEMS,
    item_fragment,
    join_fragments,
    status_fragment,
)
from protocols.jt808.bits import POSITIONED, SOUTH, WEST
from protocols.jt808.items import ODOMETER, SATELLITES, WORK_SIGNALS, Span, walk_items
from protocols.jt808.location import BASIC, BASIC_BYTES
from protocols.jt808.profiles import PROFILES, STANDARD
from protocols.jt808.signals import Profile, signals_of, with_state, with_work_signals

CHINA = timezone(timedelta(hours=8))
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MAX_ODOMETER = (2**31 - 1) // 100  # 0.1 km that fit the metres of the column
MAX_LATITUDE_E6, MAX_LONGITUDE_E6 = 90_000_000, 180_000_000

Row = dict[str, int]


def time_us_of(bcd: bytes) -> int | None:
    """UTC microseconds of a BCD[6] in GMT+8; None if it is no time."""
    digits = bcd.hex()
    if not digits.isdecimal():
        return None
    year, month, day, hour, minute, second = (int(digits[i : i + 2]) for i in range(0, 12, 2))
    try:
        time = datetime(2000 + year, month, day, hour, minute, second, tzinfo=CHINA)
    except ValueError:
        return None
    return (time - _EPOCH) // timedelta(microseconds=1)


def _signed(raw: int, *, negative: bool) -> int:
    """Two's complement DWORD, which some senders use, or magnitude with a hemisphere bit."""
    value = raw - 2**32 if raw >= 2**31 else raw
    return -abs(value) if negative else value


def check_place(row: Row) -> None:
    """Raises ProtocolError("coordinates")."""
    latitude, longitude = row["latitude_e6"], row["longitude_e6"]
    if abs(latitude) > MAX_LATITUDE_E6 or abs(longitude) > MAX_LONGITUDE_E6:
        raise ProtocolError(
            "coordinates", f"latitude {latitude / 1e6}, longitude {longitude / 1e6}"
        )


def decode_row(body: bytes, profile: Profile = PROFILES[STANDARD]) -> tuple[Row, str | None]:
    """Columns by name, and the attributes. time_us is 0 when the frame's time is none.

    Raises ProtocolError("body_short").
    """
    if len(body) < BASIC_BYTES:
        raise ProtocolError("body_short", f"{len(body)} bytes, a location has {BASIC_BYTES}")
    alarm, status, lat, lon, altitude, speed, course, bcd = BASIC.unpack_from(body)
    altitude = altitude - 2**16 if altitude >= 2**15 else altitude
    row: Row = {
        "time_us": time_us_of(bcd) or 0,
        "longitude_e6": _signed(lon, negative=bool(status & WEST)),
        "latitude_e6": _signed(lat, negative=bool(status & SOUTH)),
        "altitude_m": max(altitude, UNKNOWN_ALTITUDE_M),
        "speed_kmh_e1": speed if speed < 2**15 else UNKNOWN,
        "course_deg": course % 360 if course <= 360 else UNKNOWN,
        "accuracy_m": UNKNOWN,
        "fix_source": int(FixSource.GNSS if status & POSITIONED else FixSource.NONE),
        "satellites": UNKNOWN,
        "odometer_m": UNKNOWN,
        "alarm_bits": alarm,
        "signals": signals_of(alarm, status, profile.words),
    }
    tail = body[BASIC_BYTES:]
    # A repeated item: the last one counts, at the place of the last.
    spans = list({span.item_id: span for span in reversed(walk_items(tail))}.values())[::-1]
    _fill_from_profile(row, tail, spans, profile)
    _fill_from_items(row, tail, spans)
    head = status_fragment(status)
    fragments = [head] if head else []
    for span in spans:
        if (span.item_id, span.size) not in COLUMN_ITEMS or span.size < span.declared:
            value = tail[span.at : span.at + span.size]
            fragments.append(item_fragment(span.item_id, span.declared, value))
    return row, join_fragments(fragments)


def _fill_from_profile(row: Row, tail: bytes, spans: list[Span], profile: Profile) -> None:
    for rule in profile.items:
        for span in spans:
            if (span.item_id, span.size, span.declared) == (rule.item_id, rule.length, rule.length):
                value = rule.value(tail[span.at : span.at + span.size])
                row["signals"] = with_state(row["signals"], rule.signal, rule.state(value))


def _fill_from_items(row: Row, tail: bytes, spans: list[Span]) -> None:
    for span in spans:
        if (span.item_id, span.declared) not in COLUMN_ITEMS or span.size < span.declared:
            continue
        value = int.from_bytes(tail[span.at : span.at + span.size], "big")
        if span.item_id == ODOMETER:
            row["odometer_m"] = value * 100 if value <= MAX_ODOMETER else UNKNOWN
        elif span.item_id == SATELLITES:
            row["satellites"] = value
        elif span.item_id == WORK_SIGNALS:
            row["signals"] = with_work_signals(row["signals"], value)
