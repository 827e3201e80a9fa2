"""Trips: a list, as JSON or CSV, and sums."""

from __future__ import annotations

import csv
import io
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response

from api.access import ReadConn, Reader
from api.periods import checked_period
from api.shapes.trips import TripShape, TripSum
from api.times import Time, iso
from storage.trip_lists import Grouping, list_trips, sum_trips

router = APIRouter(prefix="/trips", tags=["permits"])
MAX_CSV_LINES = 20_000
MAX_DAYS = 366
Row = dict[str, Any]


@router.get("", response_model=list[TripShape])
async def listed(
    *,
    conn: ReadConn,
    caller: Reader,
    device_id: int | None = None,
    site: int | None = None,
    dump: int | None = None,
    since: Annotated[Time | None, Query(alias="from")] = None,
    until: Annotated[Time | None, Query(alias="to")] = None,
    before: Time | None = None,
    before_id: int = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    format: Literal["json", "csv"] = "json",
) -> Any:
    """Visible trips, the last that left first; the next page: `before` and `before_id` are the
    `left_at` and `id` of the last one. A CSV file has up to 20,000 lines whatever the limit."""
    filters = {
        "device_id": device_id,
        "site": site,
        "dump": dump,
        "from": since,
        "to": until,
        "before": before,
        "before_id": before_id,
    }
    most = MAX_CSV_LINES if format == "csv" else limit
    found = [_shown(row) for row in await list_trips(conn, caller.organisations, filters, most)]
    return _csv(found) if format == "csv" else found


@router.get("/summary", response_model=list[TripSum])
async def summary(
    *,
    conn: ReadConn,
    caller: Reader,
    since: Annotated[Time, Query(alias="from")],
    until: Annotated[Time, Query(alias="to")],
    by: Grouping = "site",
    device_id: int | None = None,
    site: int | None = None,
    dump: int | None = None,
) -> Any:
    """Trips that left in a period, by site, dump, company, unit or day (of Beijing time)."""
    checked_period(since, until, MAX_DAYS)
    filters = {"from": since, "to": until, "device_id": device_id, "site": site, "dump": dump}
    rows = await sum_trips(conn, caller.organisations, filters, by)
    return [{**row, "distance_km": round(row["distance_m"] / 1000, 1)} for row in rows]


def _shown(row: Row) -> Row:
    times = ("loaded_at", "left_at", "arrived_at", "unloaded_at")
    return {
        **row,
        **row["evidence"],
        **{name: iso(row[name]) for name in times},
        "device": {"id": row["device_id"], "name": row["device_plate"] or row["device_name"]},
        "site": _named(row, "site"),
        "dump": _named(row, "dump"),
        "distance_km": round(row["distance_m"] / 1000, 1),
    }


def _named(row: Row, end: str) -> Row | None:
    id_ = row[f"{end}_fence_id"]
    return None if id_ is None else {"id": id_, "name": row[f"{end}_name"]}


def _csv(trips: list[Row]) -> Response:
    names = [name for name in TripShape.model_fields if name != "organisation_id"]
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(names)
    writer.writerows([_cell(trip[name]) for name in names] for trip in trips)
    return Response(
        text.getvalue().encode("utf-8-sig"),
        media_type="text/csv",
        headers={"Content-Disposition": 'attachment; filename="trips.csv"'},
    )


def _cell(value: Any) -> Any:
    if isinstance(value, dict):
        value = value["name"]
    elif isinstance(value, list):
        value = ";".join(value)
    # What begins like a formula must not be one in a spreadsheet.
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@") else value
