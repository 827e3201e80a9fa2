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


@dataclass(frozen=True, slots=True)
class Window:
    """Fix times that may be stored: [from_us, to_us]."""

    from_us: int
    to_us: int

    @staticmethod
    def around(now_us: int, retention_us: int) -> Window:
        """[now - retention, now + 10 min]."""
        return Window(now_us - retention_us, now_us + FUTURE_US)


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
    ("time_out_of_range", _time_out_of_range),
    ("coordinates_out_of_range", _coordinates_out_of_range),
)
ACCEPTED = -1


def refusals(batch: PositionBatch, window: Window) -> NDArray[np.int8]:
    """For each row the index of the first check that it fails, or ACCEPTED."""
    refused = np.full(len(batch), ACCEPTED, np.int8)
    for index in reversed(range(len(CHECKS))):
        refused[CHECKS[index][1](batch.rows, window)] = index
    return refused


def distrust_null_island(rows: Rows) -> None:
    """Store a fix at exactly 0, 0 as not positioned: it is a receiver that has not started.

    It is kept, because its time, alarms and work signals are real.
    """
    rows["fix_source"][(rows["longitude_e6"] == 0) & (rows["latitude_e6"] == 0)] = FixSource.NONE
