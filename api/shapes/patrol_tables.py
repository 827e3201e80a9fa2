"""Attendance and coverage."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import BaseModel


class AttendanceRow(BaseModel):
    """Shifts of a person or team (null: all) in a period (null: the whole): counts by what became
    of them, `late` and `left_early` among those present, times and ways in sum."""

    id: int | None
    name: str | None
    organisation: str | None
    begins: date | None
    shifts: int
    present: int
    absent: int
    unknown: int
    running: int
    late: int
    left_early: int
    present_h: float
    away_h: float
    unknown_h: float
    walked_km: float
    cells: int
    cells_visited: int
    cells_pct: float | None


class AttendedShift(BaseModel):
    """One shift; `late`, `left_early` null: nobody knows."""

    id: int
    name: str
    organisation: str
    starts_at: str
    ends_at: str
    state: Literal["running", "present", "absent", "unknown"] | None
    late: bool | None
    left_early: bool | None
    first_at: str | None
    last_at: str | None
    present_h: float
    away_h: float
    unknown_h: float
    walked_km: float
    cells: int
    cells_visited: int
    cells_pct: float | None


class CoverageRow(BaseModel):
    """Visits to a cell, to a team's cells, or of a person; `cells` and how many were visited."""

    id: int
    name: str
    code: str | None
    organisation: str
    begins: date | None
    cells: int
    cells_visited: int
    cells_pct: float | None
    visits: int
    hours: float
    people: int
    days: int
    last_at: str | None
