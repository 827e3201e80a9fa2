"""What may enter the positions table, as a table of vectorised checks.

A row that fails one is quarantined with its frame, never stored: a stray fix time would make a
partition of its own (500 random dates made 494 chunks when measured).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.position import FixSource, PositionBatch, Rows

FUTURE_US = 10 * 60 * 1_000_000  # a terminal's clock may run ahead by so much
LONGITUDE_LIMIT_E6 = 180_000_000
LATITUDE_LIMIT_E6 = 90_000_000
DAY_US = 86_400_000_000
GPS_WEEK_ROLLOVER_US = 1_024 * 7 * DAY_US  # the week number has ten bits (IS-GPS-200, 20.3.3.3)
# What receivers say that have no time yet: the beginning of GPS time, and of many clocks.
EPOCHS_US = (315_964_800_000_000, 946_684_800_000_000)  # 1980-01-06, 2000-01-01
MAX_ATTRIBUTES_CHARACTERS = 65_536


@dataclass(frozen=True, slots=True)
class Window:
    """Fix times that may be stored: [from_us, to_us]."""

    from_us: int
    to_us: int

    @property
    def now_us(self) -> int:
        """The time at which it was made."""
        return self.to_us - FUTURE_US

    @staticmethod
    def around(now_us: int, retention_us: int) -> Window:
        """[now - retention, now + 10 min]."""
        return Window(now_us - retention_us, now_us + FUTURE_US)


def _week_rollover(rows: Rows, window: Window) -> NDArray[np.bool_]:
    """Whole rollovers behind, to a day: the receiver's firmware does not know this cycle."""
    outside = _time_out_of_range(rows, window)
    if not outside.any():
        return outside
    behind_us = window.now_us - rows["time_us"].astype(np.float64)
    off_us = np.abs(behind_us - np.rint(behind_us / GPS_WEEK_ROLLOVER_US) * GPS_WEEK_ROLLOVER_US)
    rolled: NDArray[np.bool_] = (off_us < DAY_US) & (behind_us > GPS_WEEK_ROLLOVER_US / 2)
    return rolled & outside


def _clock_not_set(rows: Rows, window: Window) -> NDArray[np.bool_]:
    outside, times = _time_out_of_range(rows, window), rows["time_us"]
    if not outside.any():
        return outside
    unset = np.zeros(len(rows), np.bool_)
    for epoch_us in EPOCHS_US:
        unset |= (times >= epoch_us - DAY_US) & (times < epoch_us + DAY_US)
    return unset & outside


def _coordinates_swapped(rows: Rows, window: Window) -> NDArray[np.bool_]:  # noqa: ARG001
    """A latitude that can only be a longitude, beside a longitude that may be a latitude."""
    longitude, latitude = rows["longitude_e6"], rows["latitude_e6"]
    no_latitude = (latitude > LATITUDE_LIMIT_E6) | (latitude < -LATITUDE_LIMIT_E6)
    on_globe = (latitude <= LONGITUDE_LIMIT_E6) & (latitude >= -LONGITUDE_LIMIT_E6)
    may_be = (longitude <= LATITUDE_LIMIT_E6) & (longitude >= -LATITUDE_LIMIT_E6)
    swapped: NDArray[np.bool_] = no_latitude & on_globe & may_be & (longitude != 0)
    return swapped


def _time_out_of_range(rows: Rows, window: Window) -> NDArray[np.bool_]:
    outside: NDArray[np.bool_] = (rows["time_us"] < window.from_us) | (
        rows["time_us"] > window.to_us
    )
    return outside


def _coordinates_out_of_range(rows: Rows, window: Window) -> NDArray[np.bool_]:  # noqa: ARG001
    # Both signs are compared because abs() of the smallest integer overflows.
    longitude, latitude = rows["longitude_e6"], rows["latitude_e6"]
    outside: NDArray[np.bool_] = (
        (longitude > LONGITUDE_LIMIT_E6)
        | (longitude < -LONGITUDE_LIMIT_E6)
        | (latitude > LATITUDE_LIMIT_E6)
        | (latitude < -LATITUDE_LIMIT_E6)
    )
    return outside


Check = Callable[[Rows, Window], NDArray[np.bool_]]
CHECKS: tuple[tuple[str, Check], ...] = (
    ("week_rollover", _week_rollover),
    ("clock_not_set", _clock_not_set),
    ("time_out_of_range", _time_out_of_range),
    ("coordinates_swapped", _coordinates_swapped),
    ("coordinates_out_of_range", _coordinates_out_of_range),
)
TOO_LARGE = len(CHECKS)  # attributes beyond MAX_ATTRIBUTES_CHARACTERS
REASONS = (*(reason for reason, _ in CHECKS), "attributes_too_large")
ACCEPTED = -1


def refusals(batch: PositionBatch, window: Window) -> NDArray[np.int8]:
    """For each row the index in REASONS of the first check that it fails, or ACCEPTED."""
    refused = np.full(len(batch), ACCEPTED, np.int8)
    for index, text in enumerate(batch.attributes):
        if text is not None and len(text) > MAX_ATTRIBUTES_CHARACTERS:
            refused[index] = TOO_LARGE
    for index in reversed(range(len(CHECKS))):
        refused[CHECKS[index][1](batch.rows, window)] = index
    return refused


def distrust_null_island(rows: Rows) -> None:
    """Store a fix at exactly 0, 0 as not positioned: it is a receiver that has not started.

    It is kept, because its time, alarms and work signals are real.
    """
    rows["fix_source"][(rows["longitude_e6"] == 0) & (rows["latitude_e6"] == 0)] = FixSource.NONE
