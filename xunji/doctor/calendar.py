"""The calendar: whether rules that ask for workdays and holidays know those of this year."""

from __future__ import annotations

from datetime import UTC, datetime

from rules.calendar import asks_the_calendar, known_until
from storage.database import Connection
from storage.rulebook import load_rulebook
from xunji.doctor.check import Check


async def check_calendar(conn: Connection, now_us: int) -> Check:
    """Needs the tables to be there."""
    rulebook = await load_rulebook(conn, now_us)
    until = known_until(rulebook.calendar)
    year = datetime.fromtimestamp(now_us / 1e6, UTC).year
    if until is not None and until.year >= year:
        return Check(
            name="calendar",
            state="ok",
            zh=f"节假日已知至{until:%Y-%m-%d}",
            en=f"holidays are known until {until}",
        )
    asked = asks_the_calendar(rulebook)
    return Check(
        name="calendar",
        state="warning" if asked else "note",
        zh=f"没有{year}年的节假日" + ("，而规则按工作日或节假日判定" if asked else ""),
        en=f"no holidays of {year}" + (", and rules ask for workdays or holidays" if asked else ""),
        mend_zh=f"运行 xunji calendar seed，或 PUT /api/v1/calendar 填入{year}年的假日与调休。",
        mend_en=f"run xunji calendar seed, or PUT /api/v1/calendar with the days of {year}.",
    )
