"""CSV files of rosters and of single shifts, checked and stored all or none."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from api import sheet_fields as read
from api.sheets import FieldError, Heading, Register, Sheet, load_register, read_sheet
from model.fences import Shift
from model.rosters import Roster
from storage.database import Connection
from storage.rosters import patterns, save_rosters
from storage.shifts import plan_shifts


def day(value: str, _: Register) -> date:
    """A date."""
    try:
        return date.fromisoformat(value.replace("/", "-"))
    except ValueError:
        raise FieldError(
            f"“{value}”不是日期，应如 2026-03-02", f"{value!r} is no date: write it as 2026-03-02"
        ) from None


def pattern(value: str, register: Register) -> int:
    """A pattern by its name."""
    found = register.patterns.get(value)
    if found is None:
        several = value in register.patterns
        raise FieldError(
            f"{'有多个' if several else '没有'}班次叫“{value}”",
            f"{'several patterns are' if several else 'no pattern is'} called {value!r}",
        )
    return found


SHIFT_COLUMNS = (
    Heading("unit", "巡查员", read.unit),
    Heading("starts_at", "上班时间", read.moment),
    Heading("ends_at", "下班时间", read.moment),
)
ROSTER_COLUMNS = (
    Heading("unit", "巡查员", read.unit),
    Heading("pattern", "班次", pattern),
    Heading("from_date", "开始日期", day),
    Heading("to_date", "结束日期", day, required=False),
)


async def import_shifts(
    conn: Connection, visible: Sequence[int], data: bytes, now_us: int, *, dry: bool
) -> tuple[Sheet, list[int]]:
    """The shifts of a file."""
    register = await load_register(conn, visible, now_us)
    sheet = await asyncio.to_thread(read_sheet, data, SHIFT_COLUMNS, register)
    _check(sheet, "starts_at", "ends_at", same_day=False)
    if sheet.problem_count or dry:
        return sheet, []
    planned = [
        Shift(device_id=line["unit"][0], starts_us=line["starts_at"], ends_us=line["ends_at"])
        for _, line in sheet.lines
    ]
    return sheet, await plan_shifts(conn, planned)


async def import_rosters(
    conn: Connection, visible: Sequence[int], data: bytes, now_us: int, *, dry: bool
) -> tuple[Sheet, list[int]]:
    """The rosters of a file; their shifts are `pipeline.rosters`' to make."""
    names: dict[str, int | None] = {}
    for known in await patterns(conn, visible):
        names[known.name] = None if known.name in names else known.id
    register = replace(await load_register(conn, visible, now_us), patterns=names)
    sheet = await asyncio.to_thread(read_sheet, data, ROSTER_COLUMNS, register)
    _check(sheet, "from_date", "to_date", same_day=True)
    if sheet.problem_count or dry:
        return sheet, []
    wanted = [
        Roster(
            id=0, device_id=line["unit"][0], pattern_id=line["pattern"],
            from_date=line["from_date"], to_date=line.get("to_date"),
        )
        for _, line in sheet.lines
    ]  # fmt: skip
    return sheet, await save_rosters(conn, wanted)


def _check(sheet: Sheet, begin: str, end: str, *, same_day: bool) -> None:
    """Periods are not empty."""
    for line, values in sheet.lines:
        first, last = values.get(begin), values.get(end)
        if first is None or last is None or first < last or (same_day and first == last):
            continue
        sheet.problem(line, end, FieldError(f"须晚于 {begin}", f"must come after {begin}"))
