"""Days that are not what their weekday says."""

from __future__ import annotations

from datetime import date
from typing import Literal

import msgspec

DayKind = Literal["holiday", "workday"]


class CalendarDay(msgspec.Struct, frozen=True, kw_only=True):
    """A public holiday, or a weekend day worked in exchange; `date` is local."""

    date: date
    kind: DayKind
    name: str = ""
