"""Workdays and holidays, and windows that start on them."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.calendar import CalendarDay
from model.fences import Assignment, Window
from model.rulebook import FAR_FUTURE_US, Rule, Rulebook, Schedule
from rules.calendar import Calendar, asks_the_calendar, known_until
from rules.windows import in_windows
from tests.rules.kinds.city import EVERY_DAY, City, Fix, assign, square, when

NATIONAL_DAY = CalendarDay(date=date(2026, 10, 1), kind="holiday", name="国庆节")
SWAPPED = CalendarDay(date=date(2026, 10, 10), kind="workday", name="国庆节调休")
CALENDAR = Calendar([SWAPPED, NATIONAL_DAY])
OFFICE = Window(EVERY_DAY, 8 * 60, 18 * 60, "workdays")
NIGHT_OFF = Window(EVERY_DAY, 20 * 60, 6 * 60, "holidays")


def inside(text: str, *windows: Window, calendar: Calendar | None = CALENDAR) -> bool:
    return bool(in_windows(np.array([when(text)]), "Asia/Shanghai", windows, calendar)[0])


@given(st.dates(date(1960, 1, 1), date(2090, 12, 31)), st.lists(st.dates(), max_size=20))
def test_a_day_is_what_the_calendar_says_or_else_its_weekday(
    asked: date, named: list[date]
) -> None:
    days = {d: "workday" if d.isoweekday() > 5 else "holiday" for d in named}
    calendar = Calendar(
        CalendarDay(date=d, kind="workday" if kind == "workday" else "holiday")
        for d, kind in days.items()
    )
    expected = days.get(asked, "workday" if asked.isoweekday() <= 5 else "holiday") == "workday"
    number = np.array([(asked - date(1970, 1, 1)).days])
    assert calendar.workdays(number).tolist() == [expected]


@pytest.mark.parametrize(
    ("moment", "window", "expected"),
    [
        ("2026-09-30T10:00", OFFICE, True),
        ("2026-10-01T10:00", OFFICE, False),  # Thursday, a holiday
        ("2026-10-10T10:00", OFFICE, True),  # Saturday, worked
        ("2026-10-11T10:00", OFFICE, False),  # a plain Sunday
        ("2026-10-01T21:00", NIGHT_OFF, True),
        ("2026-10-02T05:00", NIGHT_OFF, True),  # it started on the holiday
        ("2026-10-01T05:00", NIGHT_OFF, False),  # this one started on the workday before
        ("2026-10-02T21:00", NIGHT_OFF, False),
        ("2026-10-10T21:00", NIGHT_OFF, False),
        ("2026-10-01T10:00", Window((1,), 0, 1440, "holidays"), False),  # not a Monday
        ("2026-10-01T10:00", Window((4,), 0, 1440), True),  # weekdays do not ask the calendar
    ],
)
def test_windows_of_workdays_and_holidays(moment: str, window: Window, expected: bool) -> None:
    assert inside(moment, window) is expected


def test_without_a_calendar_such_a_window_is_an_error_and_not_a_guess() -> None:
    with pytest.raises(ValueError, match="calendar"):
        inside("2026-10-01T10:00", OFFICE, calendar=None)


def test_the_calendar_is_known_until_the_end_of_its_last_year_with_a_holiday() -> None:
    assert known_until([]) is None
    assert known_until([SWAPPED]) is None
    late = CalendarDay(date=NATIONAL_DAY.date + timedelta(days=400), kind="workday")
    assert known_until([late, NATIONAL_DAY]) == date(2026, 12, 31)


def test_rules_and_assignments_ask_the_calendar() -> None:
    rule = Rule(
        id=1, version=1, organisation_id=1, kind="k", name_zh="", name_en="", valid_from_us=0,
        schedule=Schedule(windows=(Window(EVERY_DAY, 0, 60), OFFICE)),
    )  # fmt: skip
    assigned = Assignment(
        device_id=1, fence_id=1, purpose="grid", windows=(NIGHT_OFF,), valid_from_us=0,
        valid_to_us=FAR_FUTURE_US,
    )  # fmt: skip
    assert not asks_the_calendar(Rulebook(revision=1))
    assert asks_the_calendar(Rulebook(revision=1, rules=(rule,)))
    assert asks_the_calendar(Rulebook(revision=1, assignments=(assigned,)))


def test_kinds_read_schedules_and_assignments_by_the_calendar() -> None:
    """No day is named, so that Monday 2026-03-02 is a workday and Sunday a holiday."""
    monday, sunday = Fix(), Fix(time="2026-03-01T10:00")
    permitted = Schedule(windows=(OFFICE,))
    assert City().verdict("operating_hours", monday, schedule=permitted) == "no"
    assert City().verdict("operating_hours", sunday, schedule=permitted) == "yes"
    road = square(1, 0, 0, 500)
    city = City([road], [assign(1, "work_road", windows=(OFFICE,))])
    dry = {"spraying": 1}
    at_work = Fix(speed=10, signals=dry)
    resting = Fix(speed=10, signals=dry, time="2026-03-01T10:00")
    assert city.verdict("not_spraying", at_work) == "yes"
    assert city.verdict("not_spraying", resting) == "no"
