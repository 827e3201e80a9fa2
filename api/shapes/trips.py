"""Trips, their sums, and waybills against them."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from api.shapes.permits import WaybillShape

Sign = Literal["load", "body", "stop", "unseen"]


class Named(BaseModel):
    """A fence or unit and what it is called."""

    id: int
    name: str | None


class TripShape(BaseModel):
    """A loaded run; `site` null: loaded at no known site, `dump` null: not unloaded in a dump."""

    id: int
    organisation_id: int
    organisation: str
    device: Named
    site: Named | None
    dump: Named | None
    loaded_at: str
    left_at: str
    arrived_at: str | None
    unloaded_at: str | None
    distance_km: float
    volume_m3: float | None
    permit_id: int | None
    waybill_id: int | None
    loaded_by: Sign
    unloaded_by: Sign
    unmatched: list[Literal["loading", "unloading"]]


class TripSum(BaseModel):
    """Trips of one group; `volume_unknown`: how many of them have no volume."""

    id: int | None
    name: str | None
    trips: int
    unmatched: int
    volume_m3: float
    volume_unknown: int
    distance_km: float


class ReconciledTrip(BaseModel):
    """The trip of a line."""

    id: int
    device_id: int
    site_fence_id: int | None
    dump_fence_id: int | None
    left_at: str


class ReconciliationLine(BaseModel):
    """A waybill with its trip, or one of them alone."""

    verdict: Literal[
        "matched",
        "other_dump",
        "unloading_unseen",
        "no_trip",
        "pending",
        "no_waybill",
        "surplus_trip",
    ]
    waybill: WaybillShape | None
    trip: ReconciledTrip | None


class Reconciliation(BaseModel):
    """How many lines there are of each verdict; the lines themselves, `cut` after 2,000."""

    counts: dict[str, int]
    lines: list[ReconciliationLine]
    cut: bool
