"""What belongs together: incidents of a unit, storms of many."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from api.shapes.violations import DeviceOfViolation, Violation


class Incident(BaseModel):
    """Violations of a unit that overlap or lie close: one line for the team."""

    id: int
    organisation_id: int
    organisation: str
    device: DeviceOfViolation
    started_at: str
    ended_at: str | None
    last_at: str
    severity: str
    status: Literal["open", "taken", "closed"]
    kinds: list[str]
    violations: list[Violation]


class Storm(BaseModel):
    """Units that fell silent or lost GNSS together; `violations`: how many it inhibits."""

    id: int
    organisation_id: int
    organisation: str
    cause: Literal["silence", "gnss"]
    started_at: str
    until: str
    devices: int
    violations: int
    found_at: str
