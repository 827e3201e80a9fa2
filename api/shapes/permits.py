"""Permits and waybills, and the files they come in."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, Field, StringConstraints

from api.shapes.rulebook import ScheduleShape
from api.times import Time, iso_us
from model.permits import Permit, Waybill

Number = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
Volume = Annotated[float | None, Field(gt=0, le=100_000)]
MAX_DUMPS = 50


class PermitBody(BaseModel):
    """What a person sets of a permit. `schedule` null: at any time; `valid_from` null: from now."""

    number: Number
    device_id: int
    site_fence_id: int
    dump_fence_ids: list[int] = Field(min_length=1, max_length=MAX_DUMPS)
    route_fence_id: int | None = None
    schedule: ScheduleShape | None = None
    volume_m3: Volume = None
    issued_by: Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)] = ""
    valid_from: Time | None = None
    valid_to: Time


class PermitShape(BaseModel):
    """One version of a permit."""

    id: int
    version: int
    organisation_id: int
    number: str
    device_id: int
    site_fence_id: int
    dump_fence_ids: list[int]
    route_fence_id: int | None
    schedule: ScheduleShape | None
    volume_m3: float | None
    issued_by: str
    valid_from: str
    valid_to: str


class WaybillBody(BaseModel):
    """What a person sets of a waybill; `issued_at` null: now."""

    number: Number
    device_id: int
    site_fence_id: int
    dump_fence_id: int
    volume_m3: Volume = None
    issued_at: Time | None = None
    valid_until: Time


class WaybillShape(BaseModel):
    """A waybill; `cancelled_at`: from then on it covers nothing."""

    id: int
    organisation_id: int
    number: str
    device_id: int
    site_fence_id: int
    dump_fence_id: int
    volume_m3: float | None
    issued_at: str
    valid_until: str
    cancelled_at: str | None


class UnreadWaybill(BaseModel):
    """A waybill that a terminal reported and that could not be read: its text, and why."""

    id: int
    organisation_id: int
    device_id: int
    device_name: str
    received_at: str
    text: str
    problem: str
    zh: str
    en: str


class LineProblem(BaseModel):
    """What is wrong with a field of a line; line 1 is the header."""

    line: int
    field: str
    zh: str
    en: str


class SheetImport(BaseModel):
    """What a file holds. Nothing is stored while there are problems, or with `dry_run`."""

    count: int
    ids: list[int]
    problem_count: int
    problems: list[LineProblem]


def permit_json(permit: Permit) -> dict[str, Any]:
    """As PermitShape."""
    schedule = None
    if permit.windows is not None:
        windows = [
            {name: getattr(window, name) for name in window.__struct_fields__}
            for window in permit.windows
        ]
        schedule = {"zone": permit.zone, "windows": windows}
    return {
        **{
            name: getattr(permit, name)
            for name in PermitShape.model_fields
            if hasattr(permit, name)
        },
        "schedule": schedule,
        "valid_from": iso_us(permit.valid_from_us),
        "valid_to": iso_us(permit.valid_to_us),
    }


def waybill_json(waybill: Waybill) -> dict[str, Any]:
    """As WaybillShape."""
    cancelled_us = waybill.cancelled_us
    return {
        **{n: getattr(waybill, n) for n in WaybillShape.model_fields if hasattr(waybill, n)},
        "issued_at": iso_us(waybill.issued_us),
        "valid_until": iso_us(waybill.valid_to_us),
        "cancelled_at": None if cancelled_us is None else iso_us(cancelled_us),
    }
