"""Coverage as the API shows it."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field


class UnitShape(BaseModel):
    """A unit's part."""

    device_id: int
    name: str
    covered_pct: float
    known_share: float


class FenceCoverage(BaseModel):
    """A fence's lines; `missed`: GeoJSON MultiLineString."""

    fence_id: int
    version: int
    name: str
    length_km: float
    covered_pct: float
    known_share: float
    passes_km: list[float]
    missed: dict[str, Any]
    units: list[UnitShape]


class CoverageShape(BaseModel):
    """The answer of `GET /coverage`."""

    from_: str = Field(alias="from")
    to: str
    fences: list[FenceCoverage]
