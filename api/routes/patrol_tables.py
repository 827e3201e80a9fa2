"""Attendance and coverage tables, on the screen and as files."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from api.access import Conn, Reader, State
from api.patrol.table_view import in_hours, with_share
from api.periods import checked_period
from api.shapes.patrol_tables import AttendanceRow, AttendedShift, CoverageRow
from api.shapes.rosters import with_times
from api.tables import Format, Heads, Language, table_response
from api.times import Time, microseconds
from storage.patrol_tables import By, CoverageBy, Per, attendance, cell_coverage, each_shift

router = APIRouter(prefix="/patrol", tags=["patrol"])
Row = dict[str, Any]
From = Annotated[Time, Query(alias="from")]
MAX_DAYS = 366
_Look = tuple[Language, str]  # of files: their language and zone

_WHO: Heads = (
    ("name", "名称", "name"), ("organisation", "单位", "organisation"),
    ("begins", "起始日", "begins"),
)  # fmt: skip
_TIMES: Heads = (
    ("present_h", "在岗（小时）", "present (h)"), ("away_h", "不在岗（小时）", "elsewhere (h)"),
    ("unknown_h", "未知（小时）", "unknown (h)"), ("walked_km", "里程（公里）", "walked (km)"),
    ("cells", "责任网格", "cells"), ("cells_visited", "到访网格", "cells visited"),
    ("cells_pct", "到访率（%）", "visited (%)"),
)  # fmt: skip
_ATTENDANCE: Heads = (
    *_WHO, ("shifts", "班次", "shifts"), ("present", "出勤", "present"),
    ("absent", "缺勤", "absent"), ("unknown", "未知", "unknown"), ("running", "进行中", "running"),
    ("late", "迟到", "late"), ("left_early", "早退", "left early"), *_TIMES,
)  # fmt: skip
_SHIFTS: Heads = (
    ("name", "姓名", "name"), ("organisation", "单位", "organisation"),
    ("starts_at", "上班", "starts"), ("ends_at", "下班", "ends"), ("state", "结果", "result"),
    ("late", "迟到", "late"), ("left_early", "早退", "left early"),
    ("first_at", "到岗", "came"), ("last_at", "离岗", "last there"), *_TIMES,
)  # fmt: skip
_COVERAGE: Heads = (
    *_WHO, ("code", "编码", "code"), ("cells", "网格", "cells"),
    ("cells_visited", "到访网格", "cells visited"), ("cells_pct", "到访率（%）", "visited (%)"),
    ("visits", "到访次数", "visits"), ("hours", "停留（小时）", "hours"),
    ("people", "人数", "people"), ("days", "到访天数", "days"),
    ("last_at", "最近到访", "last visit"),
)  # fmt: skip


@router.get("/attendance", response_model=list[AttendanceRow])
async def attended(
    *,
    state: State,
    conn: Conn,
    caller: Reader,
    from_: From,
    to: Time,
    by: By = "person",
    per: Per = "period",
    device_id: int | None = None,
    format: Format = "json",
    language: Language = "zh",
) -> Any:
    """Shifts that start in the period, by person or team, and by day, week or month."""
    checked_period(from_, to, MAX_DAYS)
    zone = state.services.settings.rules.zone
    period_us = microseconds(from_), microseconds(to)
    found = await attendance(
        conn, caller.organisations, period_us, zone, by=by, per=per, device_id=device_id
    )
    rows = [in_hours(row) for row in found]
    if format == "json":
        return rows
    return await _file("attendance", _ATTENDANCE, rows, format, (language, zone))


@router.get("/attendance/shifts", response_model=list[AttendedShift])
async def shifts(
    *,
    state: State,
    conn: Conn,
    caller: Reader,
    from_: From,
    to: Time,
    device_id: int | None = None,
    format: Format = "json",
    language: Language = "zh",
) -> Any:
    """Each shift that starts in the period, the latest first."""
    checked_period(from_, to, MAX_DAYS)
    period_us = microseconds(from_), microseconds(to)
    found = await each_shift(conn, caller.organisations, period_us, device_id)
    rows = [in_hours(row) for row in found]
    if format == "json":
        return [with_times(row) for row in rows]
    zone = state.services.settings.rules.zone
    return await _file("shifts", _SHIFTS, rows, format, (language, zone))


@router.get("/coverage", response_model=list[CoverageRow])
async def coverage(
    *,
    state: State,
    conn: Conn,
    caller: Reader,
    from_: From,
    to: Time,
    by: CoverageBy = "cell",
    per: Per = "period",
    format: Format = "json",
    language: Language = "zh",
) -> Any:
    """Visits during shifts that start in the period, by cell, team or person."""
    checked_period(from_, to, MAX_DAYS)
    zone = state.services.settings.rules.zone
    period_us = microseconds(from_), microseconds(to)
    found = await cell_coverage(conn, caller.organisations, period_us, zone, by=by, per=per)
    rows = [with_share(row) | {"hours": round(row["seconds"] / 3600, 1)} for row in found]
    if format == "json":
        return [with_times(row) for row in rows]
    return await _file("coverage", _COVERAGE, rows, format, (language, zone))


async def _file(name: str, heads: Heads, rows: list[Row], form: Format, look: _Look) -> Response:
    assert form != "json"
    return await asyncio.to_thread(
        table_response, name, heads, rows, form=form, language=look[0], zone=look[1]
    )
