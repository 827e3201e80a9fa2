"""Weekly windows against a plain reading of the wall clock, clock changes included."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.fences import Window
from model.rulebook import Schedule
from rules.calendar import Calendar
from rules.windows import in_schedule, in_windows, intervals

ZONES = ("Asia/Shanghai", "Europe/Berlin", "Asia/Urumqi", "Australia/Lord_Howe", "Asia/Kathmandu")


def us(moment: datetime) -> int:
    return int(moment.timestamp()) * 1_000_000


def inside(text: str, zone: str, *windows: Window, fold: int = 0) -> bool:
    moment = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)
    return bool(in_windows(np.array([us(moment)]), zone, windows)[0])


def plainly(moment: datetime, window: Window) -> bool:
    """The definition, one moment at a time."""
    minute = moment.hour * 60 + moment.minute
    yesterday = (moment - timedelta(days=1)).isoweekday()
    if window.end_min > window.start_min:
        return moment.isoweekday() in window.weekdays and (
            window.start_min <= minute < window.end_min
        )
    return (moment.isoweekday() in window.weekdays and minute >= window.start_min) or (
        yesterday in window.weekdays and minute < window.end_min
    )


windows_strategy = st.builds(
    lambda days, start, end: Window(tuple(sorted(days)), start, end),
    st.sets(st.integers(1, 7)),
    st.integers(0, 1439),
    st.integers(0, 1440),
)


@given(
    st.lists(st.datetimes(datetime(2000, 1, 1), datetime(2040, 1, 1)), min_size=1, max_size=20),  # noqa: DTZ001
    st.sampled_from(ZONES),
    st.lists(windows_strategy, max_size=3),
)
def test_agrees_with_the_definition(
    naive: list[datetime], zone: str, windows: list[Window]
) -> None:
    moments = [moment.replace(tzinfo=UTC, microsecond=0) for moment in naive]
    found = in_windows(np.array([us(m) for m in moments]), zone, windows)
    local = [moment.astimezone(ZoneInfo(zone)) for moment in moments]
    assert found.tolist() == [any(plainly(m, w) for w in windows) for m in local]


NIGHT = Window((1,), 20 * 60, 6 * 60)  # Monday evening to Tuesday morning


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-02T19:59:59", False),
        ("2026-03-02T20:00:00", True),
        ("2026-03-03T00:00:00", True),
        ("2026-03-03T05:59:59", True),
        ("2026-03-03T06:00:00", False),
        ("2026-03-02T05:00:00", False),  # Monday morning belongs to Sunday's window
        ("2026-03-03T20:00:00", False),
    ],
)
def test_the_weekday_belongs_to_the_start(text: str, expected: bool) -> None:
    assert inside(text, "Asia/Shanghai", NIGHT) is expected


def test_sunday_night_reaches_into_monday() -> None:
    assert inside("2026-03-02T01:00", "Asia/Shanghai", Window((7,), 1200, 360))


def test_equal_ends_are_a_whole_day() -> None:
    whole = Window((1,), 480, 480)
    assert inside("2026-03-02T08:00", "Asia/Shanghai", whole)
    assert inside("2026-03-03T07:59", "Asia/Shanghai", whole)
    assert not inside("2026-03-03T08:00", "Asia/Shanghai", whole)


def test_a_window_may_end_at_midnight() -> None:
    assert inside("2026-03-02T23:59", "Asia/Shanghai", Window((1,), 1320, 1440))
    assert not inside("2026-03-03T00:00", "Asia/Shanghai", Window((1,), 1320, 1440))


def test_windows_stack() -> None:
    stacked = (Window((1,), 420, 540), Window((1,), 500, 720), Window((2,), 0, 60))
    expected = {"06:59": False, "07:00": True, "08:40": True, "11:59": True, "12:00": False}
    for text, answer in expected.items():
        assert inside(f"2026-03-02T{text}", "Asia/Shanghai", *stacked) is answer, text


def test_berlin_spring_forward_skips_the_hour() -> None:
    # 2026-03-29: 01:59:59 is followed by 03:00:00.
    early = Window((7,), 2 * 60, 3 * 60)
    first = us(datetime(2026, 3, 28, 23, tzinfo=UTC))
    minutes = np.arange(first, first + 24 * 3_600_000_000, 60_000_000)
    assert not in_windows(minutes, "Europe/Berlin", [early]).any()
    assert inside("2026-03-29T03:00", "Europe/Berlin", Window((7,), 180, 240))


def test_berlin_autumn_back_counts_the_hour_twice() -> None:
    early = Window((7,), 2 * 60, 3 * 60)
    first = us(datetime(2026, 10, 24, 22, tzinfo=UTC))
    minutes = np.arange(first, first + 24 * 3_600_000_000, 60_000_000)
    assert in_windows(minutes, "Europe/Berlin", [early]).sum() == 120
    for fold in (0, 1):
        assert inside("2026-10-25T02:30", "Europe/Berlin", early, fold=fold)


def test_shanghai_never_changes_its_clock() -> None:
    hours = np.arange(us(datetime(2026, 1, 1, tzinfo=UTC)), us(datetime(2027, 1, 1, tzinfo=UTC)),
                      3_600_000_000)  # fmt: skip
    daily = Schedule(windows=(Window((1, 2, 3, 4, 5, 6, 7), 20 * 60, 6 * 60),))
    assert in_schedule(hours, daily).sum() == 365 * 10


def test_no_windows_no_times_and_an_unknown_zone() -> None:
    assert not in_schedule(np.array([0]), Schedule()).any()
    assert len(in_windows(np.zeros(0, np.int64), "Asia/Shanghai", [NIGHT])) == 0
    with pytest.raises(ValueError, match="IANA"):
        in_windows(np.array([0]), "Asia/Peking2", [NIGHT])


@given(
    st.datetimes(datetime(2001, 1, 1), datetime(2039, 1, 1)),  # noqa: DTZ001
    st.sampled_from(["Asia/Shanghai", "Asia/Kathmandu", "UTC"]),
    windows_strategy,
)
def test_intervals_are_when_a_window_is_open(naive: datetime, zone: str, window: Window) -> None:
    """In zones whose clocks do not change, minute by minute over two days."""
    begin = us(naive.replace(tzinfo=UTC, second=0, microsecond=0))
    times = begin + np.arange(2 * 1440) * 60_000_000
    found = intervals(zone, window, Calendar(), begin, int(times[-1]) + 1)
    opened = np.zeros(len(times), bool)
    for start_us, end_us in found:
        assert start_us < end_us <= start_us + 86_400_000_000
        opened |= (times >= start_us) & (times < end_us)
    assert (opened == in_windows(times, zone, [window])).all()


def test_intervals_follow_the_wall_clock() -> None:
    """The night in which Berlin's clocks go back has an hour more."""
    night = Window((6,), 22 * 60, 6 * 60)
    saturday = us(datetime(2026, 10, 24, 12, tzinfo=UTC))
    ((start_us, end_us),) = intervals(
        "Europe/Berlin", night, Calendar(), saturday, saturday + 43_200_000_000
    )
    assert (end_us - start_us) / 3_600_000_000 == 9
