"""Who was where: visits, passers of a road, stops, nearest units."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from api.shapes.trips import Named
from api.shapes.units import Position

Tri = Literal["yes", "no", "unknown"]


class UnitName(BaseModel):
    """A unit in a list."""

    id: int
    name: str
    plate: str | None
    kind: str
    organisation_id: int


class VisitShape(BaseModel):
    """A unit's stay in an area."""

    device: UnitName
    from_: str = Field(alias="from")
    to: str
    fixes: int
    max_speed_kmh: float | None


class Visits(BaseModel):
    """`cut`: there were too many fixes, and some units are missing."""

    visits: list[VisitShape]
    cut: bool


class PassShape(BaseModel):
    """One pass of the road."""

    from_: str = Field(alias="from")
    to: str
    max_speed_kmh: float | None
    loaded: Tri
    uncovered: Tri


class SiteLeft(BaseModel):
    """Where the unit last stood before it passed."""

    id: int
    name: str
    left_at: str


class RaisedKind(BaseModel):
    """A violation that speaks against the unit."""

    id: int
    kind: str


class Passer(BaseModel):
    """A unit that passed, the worst of its passes, and its `score`."""

    device: UnitName
    loaded: Tri
    uncovered: Tri
    unwashed: Tri
    passes: int
    first_at: str
    last_at: str
    site: SiteLeft | None
    violations: list[RaisedKind]
    score: int
    details: list[PassShape]


class Passers(BaseModel):
    """Those with most against them first."""

    passers: list[Passer]
    cut: bool


class NearUnit(BaseModel):
    """A unit, how far it was and how long ago that was."""

    device: UnitName
    distance_m: float
    age_s: float
    fresh: bool
    position: Position


class StopShape(BaseModel):
    """A stand: `idle_s` with the ignition on; null where it is unknown."""

    from_: str = Field(alias="from")
    to: str
    duration_s: float
    longitude: float
    latitude: float
    fixes: int
    idle_s: float | None
    fence: Named | None


class Stops(BaseModel):
    """In order of time; `cut`: the period had too many fixes and its end is missing."""

    stops: list[StopShape]
    cut: bool
