"""Exports as people order and see them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from api.times import Time
from geofence.datum import Datum
from pipeline.export.order import Format, What


class NewExport(BaseModel):
    """[from, to); `device_ids` null: all units that the person sees."""

    what: What = "tracks"
    format: Format
    since: Annotated[Time, Field(alias="from")]
    until: Annotated[Time, Field(alias="to")]
    device_ids: Annotated[list[int] | None, Field(max_length=1_000)] = None
    kind: str | None = None
    status: Literal["open", "taken", "closed"] | None = None
    datum: Datum = "wgs84"


class ExportShape(BaseModel):
    """`url` once it is done, below the API's prefix; `expires_at`: then the file goes."""

    id: int
    what: What
    format: Format
    from_: str = Field(alias="from")
    to: str
    state: Literal["waiting", "running", "done", "failed", "cancelled"]
    progress: float
    rows: int
    bytes: int
    cut: bool
    error: str | None
    created_at: str
    expires_at: str | None
    url: str | None
