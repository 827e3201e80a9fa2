"""Silences inside shifts, outside our own outages."""

from __future__ import annotations

import pytest

from model.fences import Shift
from model.rulebook import Outage
from rules.silence import silences

MINUTE = 60_000_000


def minutes(
    heard: int, until: int, shift: tuple[int, int], outages: list[tuple[int, int]]
) -> list[tuple[int, int, bool]]:
    duty = [Shift(device_id=1, starts_us=shift[0] * MINUTE, ends_us=shift[1] * MINUTE)]
    away = [Outage(a * MINUTE, b * MINUTE) for a, b in outages]
    found = silences(heard * MINUTE, until * MINUTE, duty, away, 15 * MINUTE)
    return [(s.started_us // MINUTE, s.ended_us // MINUTE, s.ongoing) for s in found]


@pytest.mark.parametrize(
    ("heard", "until", "shift", "outages", "expected"),
    [
        (100, 114, (0, 480), [], []),
        (100, 115, (0, 480), [], [(100, 115, True)]),
        (470, 500, (0, 480), [], []),  # ten minutes of duty were left
        (460, 500, (0, 480), [], [(460, 480, False)]),
        (100, 200, (150, 480), [], [(150, 200, True)]),  # before the shift nobody need report
        (100, 140, (0, 480), [(105, 130)], []),  # we were away: 5 + 10 minutes
        (100, 150, (0, 480), [(105, 130)], [(130, 150, True)]),
        (100, 150, (0, 480), [(118, 149)], [(100, 118, False)]),
    ],
)
def test_cases(
    heard: int,
    until: int,
    shift: tuple[int, int],
    outages: list[tuple[int, int]],
    expected: list[tuple[int, int, bool]],
) -> None:
    assert minutes(heard, until, shift, outages) == expected


def test_shifts_that_touch_are_one_stretch_of_duty() -> None:
    early = Shift(device_id=1, starts_us=0, ends_us=480 * MINUTE)
    late = Shift(device_id=1, starts_us=480 * MINUTE, ends_us=960 * MINUTE)
    later = Shift(device_id=1, starts_us=481 * MINUTE, ends_us=960 * MINUTE)
    for shifts, expected in (
        ([early, late], [(466 * MINUTE, 494 * MINUTE)]),
        ([late, early], [(466 * MINUTE, 494 * MINUTE)]),
        ([early, later], []),  # 14 and 13 minutes
    ):
        found = silences(466 * MINUTE, 494 * MINUTE, shifts, (), 15 * MINUTE)
        assert [(one.started_us, one.ended_us) for one in found] == expected
