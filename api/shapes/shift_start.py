"""The roll-call of a shift's start."""

from __future__ import annotations

from pydantic import BaseModel

from rules.shift_start import Reason, Standing


class StartShape(BaseModel):
    """A time at which shifts start, and of how many people."""

    starts_at: str
    people: int


class LeaveOfStart(BaseModel):
    """Why somebody does not come, and until when."""

    reason: str
    note: str
    ends_at: str


class PlannedShape(BaseModel):
    """Whose shift it was."""

    device_id: int
    name: str


class StartedShift(BaseModel):
    """One person at the start of a shift; `after_min`: minutes from the start until there."""

    device_id: int
    name: str
    organisation_id: int
    organisation: str
    ends_at: str
    state: Standing
    reason: Reason
    why_zh: str
    why_en: str
    came_at: str | None
    after_min: int | None
    leave: LeaveOfStart | None
    instead_of: PlannedShape | None


class StartRollcall(BaseModel):
    """Who of the shifts that start at one time is there; `starts`: other times to ask about."""

    starts_at: str
    starts: list[StartShape]
    counts: dict[Standing, int]
    people: list[StartedShift]
