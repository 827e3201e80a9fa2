"""History files that people send, and how far they are."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

from geofence.datum import Datum
from pipeline.take_in.order import Format

FileName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class ImportOptions(BaseModel):
    """The query of an import. `device_id`: all rows are this unit's; `zone`: of times that name
    none; `judge`: the rules judge the last 7 days of these units anew."""

    format: Format
    name: FileName = "-"
    device_id: int | None = None
    zone: Annotated[str, Field(max_length=64)] = "UTC"
    datum: Datum = "wgs84"
    judge: bool = False


class WrongRow(BaseModel):
    """A row of the file, counted from 1, that was refused, and why."""

    row: int
    why: str


class ImportShape(BaseModel):
    """`wrong`: the first refused rows; `refused` counts all."""

    id: int
    name: str
    format: Format
    device_id: int | None
    state: Literal["waiting", "running", "done", "failed", "cancelled"]
    progress: float
    bytes: int
    rows: int
    stored: int
    duplicates: int
    refused: int
    wrong: list[WrongRow]
    error: str | None
    created_at: str
    done_at: str | None
