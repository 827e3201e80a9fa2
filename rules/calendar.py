"""Workdays and holidays: the weekday decides, but for the days that the calendar names."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import numpy as np
from numpy.typing import NDArray

from model.calendar import CalendarDay
from model.rulebook import Rulebook

_EPOCH = date(1970, 1, 1).toordinal()
_LAST_WEEKDAY = 5  # Friday


class Calendar:
    """Days by their number since 1970-01-01, local."""

    def __init__(self, days: Iterable[CalendarDay] = ()) -> None:
        ordered = sorted(days, key=lambda day: day.date)
        self._number = np.array([day.date.toordinal() - _EPOCH for day in ordered], np.int64)
        self._works = np.array([day.kind == "workday" for day in ordered], np.bool_)

    def workdays(self, number: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether each day is a workday; all others are holidays, plain weekends too."""
        works = (number + 3) % 7 + 1 <= _LAST_WEEKDAY  # 1970-01-01 was a Thursday
        if len(self._number):
            place = np.searchsorted(self._number, number).clip(max=len(self._number) - 1)
            works = np.where(self._number[place] == number, self._works[place], works)
        return works


def known_until(days: Iterable[CalendarDay]) -> date | None:
    """The last day of the last year that has a holiday; after it, weekdays alone decide."""
    years = [day.date.year for day in days if day.kind == "holiday"]
    return date(max(years), 12, 31) if years else None


def asks_the_calendar(rulebook: Rulebook) -> bool:
    """Whether any rule or assignment has a window for workdays or holidays."""
    windows = [w for rule in rulebook.rules if rule.schedule for w in rule.schedule.windows]
    windows += [w for assigned in rulebook.assignments for w in assigned.windows or ()]
    return any(window.days != "weekdays" for window in windows)
