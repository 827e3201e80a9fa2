"""Roll-call and status."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from api.shapes.rosters import WorkedShift
from api.shapes.rulebook import FeatureCollection
from api.shapes.units import Position


class ShiftShape(BaseModel):
    """A shift."""

    starts_at: str
    ends_at: str


class GridShape(BaseModel):
    """An assigned grid cell."""

    fence_id: int
    name: str


class RollcallEntry(BaseModel):
    """An inspector, whether on duty and heard of, and if not, why."""

    device_id: int
    name: str
    organisation: str
    shift: ShiftShape | None
    state: Literal["on_duty", "silent", "poor_gnss", "off_grid", "off_shift", "not_started"]
    why_zh: str
    why_en: str
    last: Position | None
    battery_pct: float | None
    network: str | None
    gnss_state: str | None
    grid: GridShape | None


class OwnDuty(BaseModel):
    """An inspector's own duty; `cells`: the own grid cells with their last visit by anybody."""

    now: str
    duty: RollcallEntry
    shifts: list[WorkedShift]
    cells: FeatureCollection


class DatabaseShape(BaseModel):
    """Which database."""

    mode: Literal["timescale", "plain"]
    embedded: bool


class DemoGrade(BaseModel):
    """The demo's own judge: how the violations compare with what was planned."""

    model_config = ConfigDict(populate_by_name=True)

    raised: int
    true_: int = Field(alias="true")
    false_: int = Field(alias="false")
    missed: int
    pending: int


class SpoolShape(BaseModel):
    """What waits for the database in the local spool; `since`: its oldest batch."""

    state: Literal["empty", "holding", "full"]
    positions: int
    since: str | None


class Status(BaseModel):
    """The numbers of header and footer."""

    now: str
    units: int
    reporting: int
    silent: int
    open_violations: int
    taken_violations: int
    cannot_judge: int
    failing_rules: int
    unregistered: int
    quarantined: int
    clock: Literal["system", "simulated"]
    database: DatabaseShape
    disk: Literal["unknown", "ok", "warning", "tight"]
    spool: SpoolShape
    demo: DemoGrade | None
    version: str


class ClockShape(BaseModel):
    """Simulated time."""

    now: str
