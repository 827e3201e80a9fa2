"""CSV files of permits and of waybills, checked and stored: for the API and the command line."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from api import sheet_fields as read
from api.sheets import FieldError, Heading, Sheet, load_register, read_sheet
from model.permits import Permit, Waybill
from storage.database import Connection
from storage.permits import known_numbers, save_permits
from storage.waybills import save_waybills

PERMIT_COLUMNS = (
    Heading("number", "准运证号", read.text),
    Heading("unit", "车辆", read.unit),
    Heading("site", "工地", read.fence),
    Heading("dumps", "消纳场", read.fences),
    Heading("route", "线路", read.fence, required=False),
    Heading("windows", "时段", read.windows, required=False),
    Heading("volume_m3", "方量", read.volume, required=False),
    Heading("issued_by", "发证单位", read.text, required=False),
    Heading("valid_from", "生效时间", read.moment),
    Heading("valid_to", "失效时间", read.moment),
)
WAYBILL_COLUMNS = (
    Heading("number", "联单号", read.text),
    Heading("unit", "车辆", read.unit),
    Heading("site", "工地", read.fence),
    Heading("dump", "消纳场", read.fence),
    Heading("volume_m3", "方量", read.volume, required=False),
    Heading("issued_at", "签发时间", read.moment),
    Heading("valid_until", "有效期至", read.moment),
)


async def import_permits(
    conn: Connection, visible: Sequence[int], data: bytes, now_us: int, *, dry: bool
) -> tuple[Sheet, list[Permit]]:
    """The permits of a file, all or none: a number that is known gets its next version."""
    register = await load_register(conn, visible, now_us)
    sheet = await asyncio.to_thread(read_sheet, data, PERMIT_COLUMNS, register)
    _check(sheet, "valid_from", "valid_to")
    if sheet.problem_count or dry:
        return sheet, []
    known = await known_numbers(conn, visible)
    permits = [_permit(values, known) for _, values in sheet.lines]
    return sheet, await save_permits(conn, permits)


async def import_waybills(
    conn: Connection, visible: Sequence[int], data: bytes, now_us: int, *, dry: bool
) -> tuple[Sheet, list[Waybill]]:
    """The waybills of a file, all or none: a number that is known is replaced."""
    register = await load_register(conn, visible, now_us)
    sheet = await asyncio.to_thread(read_sheet, data, WAYBILL_COLUMNS, register)
    _check(sheet, "issued_at", "valid_until")
    if sheet.problem_count or dry:
        return sheet, []
    return sheet, await save_waybills(conn, [_waybill(values) for _, values in sheet.lines])


def _check(sheet: Sheet, begin: str, end: str) -> None:
    """Periods are not empty, numbers occur once."""
    lines_of: dict[str, int] = {}
    for line, values in sheet.lines:
        if values.get(begin) is not None and values.get(end, values[begin] + 1) <= values[begin]:
            sheet.problem(line, end, FieldError(f"须晚于 {begin}", f"must come after {begin}"))
        number = values.get("number")
        if number is not None and number in lines_of:
            first = lines_of[number]
            twice = FieldError(f"与第 {first} 行重复", f"is that of line {first}, too")
            sheet.problem(line, "number", twice)
        elif number is not None:
            lines_of[number] = line


def _permit(values: dict[str, Any], known: dict[str, int]) -> Permit:
    device_id, organisation_id = values["unit"]
    return Permit(
        id=known.get(values["number"], 0),
        version=1,
        organisation_id=organisation_id,
        number=values["number"],
        device_id=device_id,
        site_fence_id=values["site"],
        dump_fence_ids=values["dumps"],
        route_fence_id=values.get("route"),
        windows=values.get("windows"),
        volume_m3=values.get("volume_m3"),
        issued_by=values.get("issued_by", ""),
        valid_from_us=values["valid_from"],
        valid_to_us=values["valid_to"],
    )


def _waybill(values: dict[str, Any]) -> Waybill:
    device_id, organisation_id = values["unit"]
    return Waybill(
        id=0,
        organisation_id=organisation_id,
        number=values["number"],
        device_id=device_id,
        site_fence_id=values["site"],
        dump_fence_id=values["dump"],
        volume_m3=values.get("volume_m3"),
        issued_us=values["issued_at"],
        valid_to_us=values["valid_until"],
    )
