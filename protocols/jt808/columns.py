"""Many location frames to columns at once: the hot path.

Strategy: join all frames, read the headers and the 28 basic bytes with array indexing, check all
checksums with one reduceat. Item lists are grouped by layout (the same ids and lengths in the
same order, which is what one kind of terminal sends): a layout is walked once, then compared and
read for all its rows together. A row whose layout is rare goes through `protocols.jt808.row`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from model.position import UNKNOWN, FixSource, PositionBatch, Rows, empty_rows
from model.signals import SIGNALS
from protocols.contract import Decoded, ProtocolError
from protocols.jt808.bits import POSITIONED, SOUTH, WEST
from protocols.jt808.bodies import Bodies, find_bodies
from protocols.jt808.layouts import MAX_LAYOUTS_A_BATCH, layout_of
from protocols.jt808.location import BASIC_BYTES
from protocols.jt808.profiles import PROFILES, STANDARD
from protocols.jt808.row import MAX_LATITUDE_E6, MAX_LONGITUDE_E6, decode_row
from protocols.jt808.signals import Profile

_BASIC = np.dtype(
    [
        ("alarm", ">u4"), ("status", ">u4"), ("lat", ">u4"), ("lon", ">u4"),
        ("altitude", ">i2"), ("speed", ">i2"), ("course", ">u2"), ("time", "u1", 6),
    ]
)  # fmt: skip
_BASIC_INDEX = np.arange(BASIC_BYTES)
_MIN_LAYOUT_ROWS = 3  # below that the plain decoder is as fast

# BCD byte -> number; 200 for nibbles that are not decimal.
_BCD = np.array(
    [b // 16 * 10 + b % 16 if b // 16 < 10 and b % 16 < 10 else 200 for b in range(256)]
)


def _month_tables() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Days since 1970 before, and days in, month m of 20yy, at index yy * 16 + m."""
    before, length = np.zeros(100 * 16, np.int64), np.zeros(100 * 16, np.int64)
    months = np.arange("2000-01", "2100-02", dtype="datetime64[M]").astype("datetime64[D]")
    days = months.astype(np.int64)
    for number in range(1200):
        place = number // 12 * 16 + number % 12 + 1
        before[place] = days[number]
        length[place] = days[number + 1] - days[number]
    return before, length


_DAYS_BEFORE, _DAYS_IN_MONTH = _month_tables()
_SECONDS = np.array([3600, 60, 1])
_CHINA_OFFSET_S = 8 * 3600


def times_us(bcd: NDArray[np.uint8]) -> NDArray[np.int64]:
    """UTC microseconds of BCD[6] rows in GMT+8; 0 where it is no time."""
    parts = _BCD[bcd]
    year, month, day = parts[:, 0], parts[:, 1], parts[:, 2]
    good = (parts <= (99, 12, 31, 23, 59, 59)).all(axis=1)
    place = np.where(good, year * 16 + month, 0)
    good &= (day >= 1) & (day <= _DAYS_IN_MONTH[place])
    seconds = (_DAYS_BEFORE[place] + day - 1) * 86_400 + parts[:, 3:] @ _SECONDS - _CHINA_OFFSET_S
    return np.where(good, seconds * 1_000_000, 0)


def decode_reports(frames: Sequence[bytes], profile: Profile = PROFILES[STANDARD]) -> Decoded:
    """All positions of 0x0200, 0x0201 and 0x0704 frames. Never raises for a bad frame."""
    bodies = find_bodies(frames)
    batch, basic = _decode_bodies(bodies, profile)
    keep = _good_rows(batch.rows, basic, bodies)
    if keep.all():
        return Decoded(batch, bodies.report, bodies.bad)
    kept = np.flatnonzero(keep)
    return Decoded(batch.take(kept), bodies.report[kept], bodies.bad)


def _decode_bodies(bodies: Bodies, profile: Profile) -> tuple[PositionBatch, NDArray[np.void]]:
    count = len(bodies.start)
    rows = empty_rows(count)
    block = bodies.data[bodies.start[:, None] + _BASIC_INDEX]
    basic = block.view(_BASIC)[:, 0] if count else np.zeros(0, _BASIC)
    _fill_basic(rows, basic, profile)
    attributes: list[str | None] = [None] * count
    _fill_items(rows, attributes, basic["status"].astype(np.int64), bodies, profile)
    return PositionBatch(rows, attributes), basic


def _fill_basic(rows: Rows, basic: NDArray[np.void], profile: Profile) -> None:
    status, alarm = basic["status"].astype(np.int64), basic["alarm"].astype(np.int64)
    rows["time_us"] = times_us(basic["time"])
    for name, source, bit in (("latitude_e6", "lat", SOUTH), ("longitude_e6", "lon", WEST)):
        value = basic[source].astype(np.uint32).view(np.int32)
        rows[name] = np.where(status & bit, -np.abs(value), value)
    rows["altitude_m"] = basic["altitude"]
    rows["speed_kmh_e1"] = np.maximum(basic["speed"], UNKNOWN)
    course = basic["course"]
    rows["course_deg"] = np.where(course <= 360, course % 360, UNKNOWN)
    rows["fix_source"] = np.where(status & POSITIONED, FixSource.GNSS, FixSource.NONE)
    rows["alarm_bits"] = alarm
    words = {"status": status, "alarm": alarm}
    signals = np.zeros(len(rows), np.int64)
    for rule in profile.words:
        states = np.array(rule.states, np.int64) << SIGNALS[rule.signal].shift
        signals |= states[words[rule.source] >> rule.shift & (1 << rule.width) - 1]
    rows["signals"] = signals


def _fill_items(
    rows: Rows,
    attributes: list[str | None],
    status: NDArray[np.int64],
    bodies: Bodies,
    profile: Profile,
) -> None:
    tail_at = bodies.start + BASIC_BYTES
    tail_bytes = bodies.end - tail_at
    remaining = np.arange(len(rows))
    for _round in range(MAX_LAYOUTS_A_BATCH):
        if len(remaining) < _MIN_LAYOUT_ROWS:
            break
        first = remaining[0]
        size = int(tail_bytes[first])
        layout = layout_of(bodies.data[tail_at[first] : tail_at[first] + size].tobytes())
        same_size = tail_bytes[remaining] == size
        candidates = remaining[same_size]
        tails = bodies.data[tail_at[candidates][:, None] + np.arange(size)]
        match = layout.matches(tails)
        chosen = tails[match]
        if profile.items:
            layout.fill_signals(rows, candidates[match], chosen, profile.items)
        layout.fill(rows, attributes, status, candidates[match], chosen)
        same_size[same_size] = match
        remaining = remaining[~same_size]
    _fill_plainly(rows, attributes, bodies, remaining, profile)


def _fill_plainly(
    rows: Rows,
    attributes: list[str | None],
    bodies: Bodies,
    places: NDArray[np.intp],
    profile: Profile,
) -> None:
    for place in places.tolist():
        body = bodies.data[bodies.start[place] : bodies.end[place]].tobytes()
        row, attributes[place] = decode_row(body, profile)
        for name, value in row.items():
            rows[name][place] = value


def _good_rows(rows: Rows, basic: NDArray[np.void], bodies: Bodies) -> NDArray[np.bool_]:
    """Which rows stay; why a single location does not goes to `bodies.bad`.

    Rows of a batch message stay whatever they hold: their siblings are good, and the pipeline
    judges ranges again row by row.
    """
    no_time = (rows["time_us"] == 0) & bodies.single
    latitude, longitude = rows["latitude_e6"], rows["longitude_e6"]
    # Compared on both sides: the absolute value of the lowest integer is negative.
    outside = (latitude > MAX_LATITUDE_E6) | (latitude < -MAX_LATITUDE_E6)
    outside |= (longitude > MAX_LONGITUDE_E6) | (longitude < -MAX_LONGITUDE_E6)
    outside &= bodies.single & ~no_time
    for place in np.flatnonzero(no_time).tolist():
        bodies.bad[int(bodies.report[place])] = ProtocolError(
            "time", f"{basic['time'][place].tobytes().hex()} is no time"
        )
    for place in np.flatnonzero(outside).tolist():
        bodies.bad[int(bodies.report[place])] = ProtocolError(
            "coordinates", f"latitude {latitude[place] / 1e6}, longitude {longitude[place] / 1e6}"
        )
    keep: NDArray[np.bool_] = ~(no_time | outside)
    return keep
