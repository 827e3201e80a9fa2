"""Patterns of shifts, rosters, shifts as they are worked, leaves and swaps."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, Field, StringConstraints

from api.shapes.rulebook import WindowShape
from api.times import Time, iso
from model.rosters import LeaveReason

MAX_WINDOWS = 50
MAX_UNITS = 1_000
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]


class Made(BaseModel):
    """What was made."""

    id: int


class PatternBody(BaseModel):
    """A shift as it comes again; `organisation_id` null: the caller's."""

    name: Name
    zone: str = "Asia/Shanghai"
    windows: list[WindowShape] = Field(min_length=1, max_length=MAX_WINDOWS)
    organisation_id: int | None = None


class PatternShape(BaseModel):
    """A pattern."""

    id: int
    organisation_id: int
    name: str
    zone: str
    windows: list[WindowShape]


class RosterBody(BaseModel):
    """Units that work by a pattern on these local days; `to_date` null: until further notice."""

    device_ids: list[int] = Field(min_length=1, max_length=MAX_UNITS)
    pattern_id: int
    from_date: date
    to_date: date | None = None


class RosterShape(BaseModel):
    """One unit's."""

    id: int
    device_id: int
    device_name: str
    organisation_id: int
    pattern_id: int
    pattern_name: str
    from_date: date
    to_date: date | None


class RostersMade(BaseModel):
    """Ids in the order of the units, and how many shifts of the next weeks have changed."""

    ids: list[int]
    shifts: int


class NewShift(BaseModel):
    """A single duty of a unit."""

    device_id: int
    starts_at: Time
    ends_at: Time


class WorkedShift(BaseModel):
    """A shift, or what a leave has left of it; `planned_device_id`: whose it was before a swap."""

    id: int
    device_id: int
    device_name: str
    organisation_id: int
    planned_device_id: int
    planned_device_name: str
    starts_at: str
    ends_at: str
    roster_id: int | None


class LeaveBody(BaseModel):
    """No duty in this time."""

    device_id: int
    starts_at: Time
    ends_at: Time
    reason: LeaveReason = "annual"
    note: Note = ""


class LeaveShape(BaseModel):
    """A leave."""

    id: int
    device_id: int
    device_name: str
    starts_at: str
    ends_at: str
    reason: LeaveReason
    note: str


class SwapBody(BaseModel):
    """The unit's shift that starts then is worked by the substitute; with `exchange_starts_at` the
    unit works the substitute's shift that starts then."""

    device_id: int
    substitute_id: int
    starts_at: Time
    exchange_starts_at: Time | None = None
    note: Note = ""


class SwapShape(BaseModel):
    """A swap."""

    id: int
    device_id: int
    device_name: str
    substitute_id: int
    substitute_name: str
    starts_at: str
    note: str


class SwapsMade(BaseModel):
    """One id, or two of an exchange."""

    ids: list[int]


def with_times(row: dict[str, Any]) -> dict[str, Any]:
    """A row with its `..._at` columns as text."""
    return {name: iso(value) if name.endswith("_at") else value for name, value in row.items()}
