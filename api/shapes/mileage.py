"""What units drove."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel


class MileageDay(BaseModel):
    """A local day of a unit; `unknown_s`: between fixes too far apart, of which no way is counted.
    `odometer_km` null: it says too little, or was reset."""

    day: str
    distance_km: float
    moving_s: float
    idle_s: float
    work_s: float
    unknown_s: float
    max_speed_kmh: float | None
    odometer_km: float | None
    fixes: int
    first_at: str
    last_at: str


class MileageRow(BaseModel):
    """A unit or organisation (null: all) in a period (null: the whole); `units` and `days` that
    have fixes."""

    id: int | None
    name: str | None
    plate: str | None
    kind: str | None
    organisation: str | None
    begins: date | None
    units: int
    days: int
    distance_km: float
    moving_h: float
    idle_h: float
    work_h: float
    unknown_h: float
    max_speed_kmh: float | None
    odometer_km: float | None
    fixes: int
    first_at: str
    last_at: str
