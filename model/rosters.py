"""Who works when: patterns of shifts, rosters that assign them, leaves, and swaps."""

from __future__ import annotations

from datetime import date
from typing import Literal

import msgspec

from model.fences import Window

LeaveReason = Literal["annual", "sick", "personal", "official", "other"]


class ShiftPattern(msgspec.Struct, frozen=True, kw_only=True):
    """A shift as it comes again: weekly windows in an IANA zone."""

    id: int
    organisation_id: int
    name: str
    zone: str = "Asia/Shanghai"
    windows: tuple[Window, ...]


class Roster(msgspec.Struct, frozen=True, kw_only=True):
    """A unit works by a pattern on the local days [from_date, to_date]; None: until further
    notice. A shift belongs to the day on which it starts."""

    id: int
    device_id: int
    pattern_id: int
    from_date: date
    to_date: date | None = None


class Leave(msgspec.Struct, frozen=True, kw_only=True):
    """No duty in [starts_us, ends_us), whatever the roster says."""

    id: int
    device_id: int
    starts_us: int
    ends_us: int
    reason: LeaveReason
    note: str = ""


class Swap(msgspec.Struct, frozen=True, kw_only=True):
    """The unit's shift that starts then is worked by the substitute."""

    id: int
    device_id: int
    substitute_id: int
    starts_us: int
    note: str = ""
