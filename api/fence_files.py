"""Fence files that come in: how they are asked for, capped and checked against the caller."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from fastapi import Request
from pydantic import BaseModel, Field

from api.errors import ApiProblem
from geofence.datum import Datum
from geofence.formats import MAX_BYTES, Imported, Options, read_fences
from geofence.geojson import FeatureError
from geofence.shapes import MAX_HALF_WIDTH_M, MAX_RADIUS_M
from model.rulebook import FAR_FUTURE_US

FormatName = Literal["geojson", "kml", "gpx", "wkt", "shapefile"]


class ImportOptions(BaseModel):
    """The query of an import."""

    format: FormatName = "geojson"
    datum: Datum = "wgs84"
    repair: bool = False
    dry_run: bool = False
    half_width_m: float = Field(30.0, gt=0, le=MAX_HALF_WIDTH_M)
    radius_m: float = Field(50.0, gt=0, le=MAX_RADIUS_M)


async def read_body(request: Request) -> bytes:
    """The body, no longer than a fence file may be."""
    data = bytearray()
    async for piece in request.stream():
        data += piece
        if len(data) > MAX_BYTES:
            raise _refused("body", f"文件超过 {MAX_BYTES} 字节", f"has over {MAX_BYTES} bytes")
    return bytes(data)


def read_file(
    data: bytes, options: ImportOptions, own: int, visible: Collection[int], now_us: int
) -> Imported:
    """Fences of the organisation `own`; who answers for one must be `visible`."""
    fixed = {
        "id": 0,
        "version": 1,
        "organisation_id": own,
        "valid_from_us": now_us,
        "valid_to_us": FAR_FUTURE_US,
    }
    given = Options(
        datum=options.datum,
        repair=options.repair,
        half_width_m=options.half_width_m,
        radius_m=options.radius_m,
        fixed=fixed,
        defaults={"responsible_organisation_id": own},
    )
    try:
        found = read_fences(options.format, data, given)
    except FeatureError as error:
        raise _refused(error.where or "body", error.zh, error.en) from error
    for fence in found.fences:
        if fence.responsible_organisation_id not in visible:
            who = fence.responsible_organisation_id
            zh, en = f"责任单位 {who} 不可见", f"you do not see the responsible organisation {who}"
            found.problem(fence.name, FeatureError(fence.name, zh, en))
    return found


def _refused(field: str, zh: str, en: str) -> ApiProblem:
    wrong = {"field": field, "message": en, "message_zh": zh}
    return ApiProblem("invalid_request", fields=[wrong])
