"""What speaks against a finding is counted from its data, and only that."""

from __future__ import annotations

import numpy as np
import pytest

from api.evidence.against import FLAPPING_CHANGES, Case, against
from model.position import FixSource, Rows, empty_rows
from model.signals import NO, YES, pack

START_US, END_US = 3_600_000_000, 4_000_000_000


def rows(step_s: int = 10, since_us: int = START_US) -> Rows:
    """Flawless fixes from a time to the end."""
    times = np.arange(since_us, END_US + 1, step_s * 1_000_000)
    found = empty_rows(len(times))
    found["time_us"], found["fix_source"] = times, FixSource.GNSS
    found["accuracy_m"], found["satellites"] = 5, 12
    found["signals"] = pack(loaded=YES, cover_closed=NO)
    return found


def codes(
    hour: Rows, *, absence: bool = False, late: bool = False, unknown_s: float = 0
) -> list[str]:
    """The codes found of an uncovered load."""
    case = Case("uncovered_load", absence, late, unknown_s, START_US, END_US, hour)
    found = against(case)
    assert all(point["zh"] and point["en"] for point in found)
    return [point["code"] for point in found]


def test_a_clean_case_has_nothing_against_it() -> None:
    assert codes(rows()) == []


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("accuracy_m", 31, "accuracy"),
        ("fix_source", FixSource.LBS, "fix_source"),
        ("fix_source", FixSource.WIFI, "fix_source"),
        ("satellites", 4, "satellites"),
        ("delay_ms", 600_000, "late"),
    ],
)
def test_one_weak_fix_is_told(column: str, value: int, code: str) -> None:
    hour = rows()
    hour[column][7] = value
    assert codes(hour) == [code]


def test_a_weak_fix_before_the_episode_is_not() -> None:
    hour = rows(since_us=START_US - 600_000_000)
    hour["accuracy_m"][3] = 500
    assert codes(hour) == []


def test_a_hole_in_the_period() -> None:
    hour = rows()
    assert codes(np.concatenate((hour[:5], hour[12:]))) == ["gap"]


def test_few_fixes() -> None:
    assert codes(rows(step_s=60)[:4]) == ["few_fixes"]
    assert codes(rows()[:0]) == ["no_track"]


def test_flapping_is_counted_over_the_hour_and_over_what_is_known() -> None:
    hour = rows(since_us=0)
    for change in range(FLAPPING_CHANGES):
        state = pack(loaded=YES, cover_closed=YES if change % 2 == 0 else NO)
        hour["signals"][10 * (change + 1) : 10 * (change + 2)] = state
        hour["signals"][10 * (change + 1) + 3] = pack(loaded=YES)
    assert codes(hour) == ["flapping"]
    hour["signals"][: 10 * 3] = pack(loaded=YES, cover_closed=NO)
    assert codes(hour) == []


def test_unknown_and_late() -> None:
    assert codes(rows(), unknown_s=40) == ["unknown"]
    assert codes(rows(), late=True) == ["late"]


def test_silence_is_not_held_against_a_finding_of_silence() -> None:
    assert codes(rows()[:0], absence=True) == []
