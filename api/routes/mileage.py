"""What units drove: one unit's days, and tables of the fleet on the screen and as files."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query

from api.access import Conn, ReadConn, Reader, State
from api.errors import ApiProblem
from api.looks import look_at, shown_rows
from api.mileage_view import day_json, sums_row
from api.periods import checked_period
from api.shapes.mileage import MileageDay, MileageRow
from api.tables import Format, Heads, Language, table_response
from api.times import Time, iso, microseconds
from geofence.mileage import day_sums
from model.vehicles import UnitKind
from storage.daily_summaries import days_of
from storage.mileage import By, Per, Wanted, mileage
from storage.registers import device
from storage.tracks import MAX_TRACK_ROWS, positions_of

router = APIRouter(tags=["mileage"])
From = Annotated[Time, Query(alias="from")]
MAX_DAYS = 366
MAX_INSPECTOR_DAYS = 31  # read from fixes
_HEADS: Heads = (
    ("name", "名称", "name"), ("plate", "车牌", "plate"), ("kind", "类型", "kind"),
    ("organisation", "单位", "organisation"), ("begins", "起始日", "begins"),
    ("units", "车辆数", "units"), ("days", "有数据天数", "days with data"),
    ("distance_km", "里程（公里）", "distance (km)"), ("moving_h", "行驶（小时）", "moving (h)"),
    ("idle_h", "怠速（小时）", "idling (h)"), ("work_h", "作业（小时）", "working (h)"),
    ("unknown_h", "未知（小时）", "unknown (h)"),
    ("max_speed_kmh", "最高时速（公里/小时）", "top speed (km/h)"),
    ("odometer_km", "里程表（公里）", "odometer (km)"), ("fixes", "定位点", "fixes"),
    ("first_at", "首次定位", "first fix"), ("last_at", "末次定位", "last fix"),
)  # fmt: skip


@router.get("/mileage", response_model=list[MileageRow])
async def mileage_of_fleet(
    *,
    state: State,
    conn: ReadConn,
    caller: Reader,
    from_: From,
    to: Time,
    by: By = "device",
    per: Per = "period",
    device_id: int | None = None,
    organisation_id: int | None = None,
    kind: UnitKind | None = None,
    format: Format = "json",
    language: Language = "zh",
) -> Any:
    """What vehicles drove on the local days that the period touches, by unit or organisation, and
    by day, week or month; at most 366 days."""
    checked_period(from_, to, MAX_DAYS)
    zone = state.services.settings.rules.zone
    days = _days(from_, to, zone)
    wanted = Wanted(*days, device_id=device_id, organisation_id=organisation_id, kind=kind)
    found = await mileage(conn, caller.organisations, wanted, by=by, per=per)
    rows = [sums_row(row) for row in found]
    if format == "json":
        return [
            {**row, "first_at": iso(row["first_at"]), "last_at": iso(row["last_at"])}
            for row in rows
        ]
    return await asyncio.to_thread(
        table_response, "mileage", _HEADS, rows, form=format, language=language, zone=zone
    )


@router.get("/devices/{device_id}/mileage", response_model=list[MileageDay])
async def mileage_of_device(
    *,
    device_id: int,
    state: State,
    own: Conn,
    conn: ReadConn,
    caller: Reader,
    since: From,
    until: Annotated[Time, Query(alias="to")],
) -> Any:
    """The local days that the period touches; at most 366, of an inspector 31 and only shifts."""
    unit = await device(conn, caller.organisations, device_id)
    if unit is None:
        raise ApiProblem("not_found")
    zone = ZoneInfo(state.services.settings.rules.zone)
    if unit["kind"] == UnitKind.INSPECTOR:
        checked_period(since, until, MAX_INSPECTOR_DAYS)
        period_us = microseconds(since), microseconds(until)
        await look_at(state, own, caller, device_id, period_us, source="track")
        # From fixes: rosters may still change what of them is shown.
        rows = await positions_of(
            conn, device_id, *period_us, organisations=caller.organisations, limit=MAX_TRACK_ROWS
        )
        seen = (await shown_rows(state, own))(rows)
        return [day_json(day) for day in await asyncio.to_thread(day_sums, seen, zone)]
    checked_period(since, until, MAX_DAYS)
    found = await days_of(conn, device_id, *_days(since, until, zone.key))
    return [day_json(day) for day in found if day["organisation_id"] in caller.organisations]


def _days(since: Time, until: Time, zone: str) -> tuple[date, date]:
    """The first and the last local day that [since, until) touches."""
    info = ZoneInfo(zone)
    last = (until - timedelta(microseconds=1)).astimezone(info).date()
    return since.astimezone(info).date(), last
